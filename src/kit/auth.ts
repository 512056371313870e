import type { GraphQLResolveInfo } from "graphql";

import { KnownError } from "../foundation/errors.js";

/** Who asks: a user, through one live session. */
export type Viewer = {
  readonly userId: string;
  readonly sessionId: string;
  readonly name: string;
  readonly email: string;
  /** When the account was made. */
  readonly registeredAt: Date;
};

/** The ids in a token whose signature is good. They are for the log: no answer to a refused caller has them. */
export type SignedIds = { readonly userId: string; readonly sessionId: string };

/** The ids that a line of the log has for a credential; none unless its signature was good. */
export function idsOf(auth: Auth): Partial<SignedIds> {
  if (auth.state === "viewer") return { userId: auth.viewer.userId, sessionId: auth.viewer.sessionId };
  return ("of" in auth && auth.of) || {};
}

/** What a request's credential was judged to be, once, at the operation's instant; `expiresAt` is its `exp`. */
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

/** What a guard needs of the operation's context. */
type Asked = {
  readonly now: Date;
  readonly auth: Auth;
  readonly settings: { readonly publicReads: boolean };
  /** The viewers of sessions opened by this operation, by the response key of the root field that opened them. */
  readonly openedBy: ReadonlyMap<string | number, Viewer>;
};

/** The one answer to a missing or bad credential, whatever field it comes from. */
export function unauthenticated(auth: Refused, now: Date): KnownError {
  return new KnownError("UNAUTHENTICATED", "Could not validate credentials", {
    reason: reasonOf[auth.state],
    ...(auth.state === "expired" && { expiredAt: auth.expiredAt.toISOString() }),
    serverTime: now.toISOString(),
  });
}

/**
 * The viewer, for a root field that needs a session.
 *
 * @throws KnownError `UNAUTHENTICATED`.
 */
export function requireViewer({ auth, now }: Asked): Viewer {
  if (auth.state === "viewer") return auth.viewer;
  throw unauthenticated(auth, now);
}

/** The answer to a credential that is bad; undefined for a good one and for none. */
export function refusalOf(auth: Auth, now: Date): KnownError | undefined {
  return auth.state === "viewer" || auth.state === "anonymous" ? undefined : unauthenticated(auth, now);
}

/** The answer to a viewer whose account was deleted since the operation began. */
export function userGone(now: Date): KnownError {
  return unauthenticated({ state: "gone" }, now);
}

/**
 * The viewer of a root field that reads, or undefined for a caller without a credential where reading is public.
 * A bad credential is never taken for none.
 *
 * @throws KnownError `UNAUTHENTICATED`.
 */
export function requireReader(asked: Asked): Viewer | undefined {
  if (asked.auth.state === "anonymous" && asked.settings.publicReads) return undefined;
  return requireViewer(asked);
}

/**
 * The viewer at a field below a root field: below one that opened a session, its user, whatever the header says;
 * elsewhere the header's. It refuses nobody, because the root field did.
 */
export function viewerAt(asked: Asked, info: GraphQLResolveInfo): Viewer | undefined {
  let root = info.path;
  while (root.prev !== undefined) root = root.prev;
  return asked.openedBy.get(root.key) ?? (asked.auth.state === "viewer" ? asked.auth.viewer : undefined);
}
