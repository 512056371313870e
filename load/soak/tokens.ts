import type { Random } from "../random.js";

/** A session as the answers to its owner described it. */
export type Session = {
  token: string;
  /** By the servers' clock. */
  expiresAt: number;
  refreshToken: string;
  /** Whether the answer to a refresh was lost: the refresh token may be a used one then. */
  refreshLost: boolean;
  /** When its end was acknowledged, by `performance.now()`; Infinity while it lives. */
  endedAt: number;
};

/** An access token that a person once had. */
export type OldToken = { readonly session: Session; readonly token: string; readonly expiresAt: number };

/** Old tokens, which are tried again and again. */
export type OldTokens = {
  readonly keep: (session: Session) => void;
  /** Returns an invalid token, if there is one: of an ended session or an expired one, with equal chances. */
  readonly pick: (random: Random) => OldToken | undefined;
  readonly count: () => { readonly ended: number; readonly expired: number };
};

/** The most tokens that are kept. Later-expiring ones are more useful: only their session's end makes them invalid. */
const mostKept = 3000;

export function makeOldTokens(): OldTokens {
  const kept: OldToken[] = [];
  const ended = () => kept.filter(({ session }) => session.endedAt < Infinity);
  const expired = () => kept.filter(({ session, expiresAt }) => session.endedAt === Infinity && expiresAt < Date.now());
  return {
    keep(session) {
      kept.push({ session, token: session.token, expiresAt: session.expiresAt });
      if (kept.length > mostKept) kept.shift();
    },
    pick(random) {
      const candidates = random.next() < 0.7 ? ended() : expired();
      return candidates.length === 0 ? undefined : random.pick(candidates);
    },
    count: () => ({ ended: ended().length, expired: expired().length }),
  };
}
