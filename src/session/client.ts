/** Something that happened to an account or a session, for the log: ids and a cause, and nothing secret. */
export type SessionEvent = {
  readonly event:
    | "signed in"
    | "registration refused"
    | "sign-in refused"
    | "session refreshed"
    | "refresh refused"
    | "refresh token reused"
    | "session ended"
    | "password changed"
    | "password refused"
    | "account deleted";
  readonly userId?: string;
  readonly sessionId?: string;
  readonly cause?: string;
};

/** Where a request comes from, as far as sessions care. */
export type Origin = {
  readonly userAgent: string | null;
  /** The client's IP address; null for an operation that came over no network. */
  readonly address: string | null;
  /** Writes an event down, with the address. Call it after the commit. */
  readonly note: (event: SessionEvent) => void;
};
