import type { Random } from "../random.js";

/** A session as its owner was told of it. */
export type Session = {
  token: string;
  /** By the servers' clock. */
  expiresAt: number;
  refreshToken: string;
  /** Whether a refresh was lost on its way: the token that was sent is then perhaps a used one. */
  refreshLost: boolean;
  /** When its end was acknowledged, by `performance.now()`; Infinity while it lives. */
  endedAt: number;
};

/** An access token that somebody once had. */
export type OldToken = { readonly session: Session; readonly token: string; readonly expiresAt: number };

/** Tokens of before, which are tried again and again. */
export type OldTokens = {
  readonly keep: (session: Session) => void;
  /** One that has ended or expired, if there is one; as likely of an ended session as not. */
  readonly pick: (random: Random) => OldToken | undefined;
  readonly count: () => { readonly ended: number; readonly expired: number };
};

/** One that expires later is of more use: what refuses it is its session alone. */
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
