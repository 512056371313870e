import type { GraphQLResolveInfo } from "graphql";

import { KnownError } from "../foundation/errors.js";

/** The user and the session of a good credential. */
export type Viewer = {
  readonly userId: string;
  readonly sessionId: string;
  readonly name: string;
  readonly email: string;
  /** The instant at which the account was created. */
  readonly registeredAt: Date;
};

/** The ids in a token whose signature is good. They are for the log: no response to a rejected caller has them. */
export type SignedIds = { readonly userId: string; readonly sessionId: string };

/** Returns the ids that the log has of a credential; none unless its signature was good. */
export function idsOf(auth: Auth): Partial<SignedIds> {
  if (auth.state === "viewer") return { userId: auth.viewer.userId, sessionId: auth.viewer.sessionId };
  return ("of" in auth && auth.of) || {};
}

/** The state of a request's credential at the operation's instant. `expiresAt` is its `exp`. */
export type Auth =
  | { readonly state: "anonymous" }
  | { readonly state: "invalid"; readonly isOtherScheme?: boolean }
  | { readonly state: "expired"; readonly expiredAt: Date; readonly of?: SignedIds }
  | { readonly state: "gone"; readonly of?: SignedIds }
  | { readonly state: "revoked"; readonly of?: SignedIds }
  | { readonly state: "viewer"; readonly viewer: Viewer; readonly expiresAt: Date };

type Refused = Exclude<Auth, { readonly state: "viewer" }>;

const reasonOf = {
  anonymous: "TOKEN_MISSING",
  invalid: "TOKEN_INVALID",
  expired: "TOKEN_EXPIRED",
  gone: "USER_GONE",
  revoked: "SESSION_REVOKED",
} as const satisfies Record<Refused["state"], string>;

/** The part of the context that guards need. */
type Asked = {
  readonly now: Date;
  readonly auth: Auth;
  readonly settings: { readonly publicReads: boolean };
  /** The viewers of sessions opened by this operation, by the response key of the root field that opened them. */
  readonly openedBy: ReadonlyMap<string | number, Viewer>;
};

/** Returns the error for a missing or bad credential. It is the same for every field. */
export function unauthenticated(auth: Refused, now: Date): KnownError {
  return new KnownError("UNAUTHENTICATED", "Could not validate credentials", {
    reason: reasonOf[auth.state],
    ...(auth.state === "expired" && { expiredAt: auth.expiredAt.toISOString() }),
    serverTime: now.toISOString(),
  });
}

/**
 * Returns the viewer, for a root field that needs a session.
 *
 * @throws KnownError `UNAUTHENTICATED`.
 */
export function requireViewer({ auth, now }: Asked): Viewer {
  if (auth.state === "viewer") return auth.viewer;
  throw unauthenticated(auth, now);
}

/**
 * Returns the viewer of a root field that declares its credential, and so is never asked without one.
 *
 * @throws Error if there is none: the field takes callers without a session.
 */
export function viewerOf({ auth }: Pick<Asked, "auth">): Viewer {
  if (auth.state === "viewer") return auth.viewer;
  throw new Error('there may be no viewer here: declare @Needs("any") or @Needs("session"), or use viewerAt');
}

/** Returns the error of a bad credential; undefined for a good one and for none. */
export function refusalOf(auth: Auth, now: Date): KnownError | undefined {
  return auth.state === "viewer" || auth.state === "anonymous" ? undefined : unauthenticated(auth, now);
}

/** Returns the error for a viewer whose account was deleted since the operation began. */
export function userGone(now: Date): KnownError {
  return unauthenticated({ state: "gone" }, now);
}

/**
 * Returns the viewer of a root field that reads; undefined for a caller without a credential if reading is public. A bad
 * credential is never treated as no credential.
 *
 * @throws KnownError `UNAUTHENTICATED`.
 */
export function requireReader(asked: Asked): Viewer | undefined {
  if (asked.auth.state === "anonymous" && asked.settings.publicReads) return undefined;
  return requireViewer(asked);
}

/**
 * Returns the viewer at a field below a root field. Below a root field that opened a session, that is the session's user,
 * whatever the header says. It rejects nobody: the root field has done that.
 */
export function viewerAt(asked: Asked, info: GraphQLResolveInfo): Viewer | undefined {
  let root = info.path;
  while (root.prev !== undefined) root = root.prev;
  return asked.openedBy.get(root.key) ?? (asked.auth.state === "viewer" ? asked.auth.viewer : undefined);
}
