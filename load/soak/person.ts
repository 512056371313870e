import type { Book } from "./book.js";
import * as documents from "./documents.js";
import type { Findings } from "./findings.js";
import type { Random } from "../random.js";
import type { OldTokens, Session } from "./tokens.js";
import type { Call, Reply, Traffic } from "./traffic.js";

/** Everything that people share. */
export type World = {
  readonly traffic: Traffic;
  readonly book: Book;
  readonly oldTokens: OldTokens;
  readonly findings: Findings;
  readonly processes: number;
};

/** A user with an account and, most of the time, a session. */
export type Person = {
  readonly name: string;
  readonly random: Random;
  readonly address: string;
  readonly id: () => string | undefined;
  readonly session: () => Session | undefined;
  /** Ensures a session with a token that lasts a moment longer: registers, signs in or refreshes as needed. */
  readonly arrive: (process?: number) => Promise<Session | undefined>;
  /** Opens another session of the same account. */
  readonly signInAgain: () => Promise<Session | undefined>;
  readonly refresh: () => Promise<void>;
  /** Forgets the session. */
  readonly leave: () => void;
  /**
   * Sends a request to any process, with the session's token unless the call names another one or none. Reports a
   * violation if a live session is refused or an old token accepted.
   */
  readonly ask: (call: Pick<Call, "name" | "query"> & Partial<Call>) => Promise<Reply>;
};

// Shorter than the life of a token, and longer than an answer takes.
const refreshBeforeMilliseconds = 2000;

export function makePerson(number: number, random: Random, world: World): Person {
  const { traffic, oldTokens, findings } = world;
  const name = `p${number}`;
  const address = `10.0.${number >> 8}.${number & 255}`;
  let accounts = 0;
  let account: { readonly email: string; readonly password: string; id?: string } | undefined;
  let session: Session | undefined;

  const anyProcess = () => random.below(world.processes);
  const callAs = (call: Pick<Call, "name" | "query"> & Partial<Call>, about: object = {}): Promise<Reply> =>
    traffic.call({ address, process: anyProcess(), ...call, about: { person: name, ...call.about, ...about } });

  const open = (data: any): Session => {
    const { accessToken, expiresAt, refreshToken } = data;
    const opened = {
      token: accessToken,
      expiresAt: Date.parse(expiresAt),
      refreshToken,
      refreshLost: false,
      endedAt: Infinity,
    };
    oldTokens.keep(opened);
    return opened;
  };
  const register = async (process: number): Promise<void> => {
    accounts += 1;
    const made = { email: `${name}.${accounts}@example.com`, password: `the password of ${name}` };
    const variables = { input: { ...made, name } };
    const call = { name: "register", query: documents.register, variables, writes: true, process };
    const { code, data } = await callAs(call);
    if (code !== "ok") return;
    account = { ...made, id: data.register.user.id };
    session = open(data.register);
  };
  const signIn = async (process: number): Promise<Session | undefined> => {
    const { email, password } = account!;
    const variables = { input: { email, password } };
    const call = { name: "login", query: documents.login, variables, writes: true, process };
    const { code, data } = await callAs(call);
    return code === "ok" ? open(data.login) : undefined;
  };
  const refresh = async (): Promise<void> => {
    const before = session!;
    const reply = await callAs({
      name: "refreshSession",
      query: documents.refresh,
      variables: { input: { refreshToken: before.refreshToken } },
      writes: true,
      judged: ["INVALID_REFRESH_TOKEN"],
    });
    if (reply.outcome === "unknown") before.refreshLost = true;
    if (reply.code === "INVALID_REFRESH_TOKEN") {
      // If the answer was lost longer ago than the grace period, the server rightly assumes theft.
      if (!before.refreshLost)
        findings.violation("a good refresh token was refused", { person: name, ...reply.details });
      session = undefined;
    }
    if (reply.code !== "ok") return;
    const { accessToken, expiresAt, refreshToken } = reply.data.refreshSession;
    before.token = accessToken;
    before.expiresAt = Date.parse(expiresAt);
    before.refreshToken = refreshToken;
    before.refreshLost = false;
    oldTokens.keep(before);
  };

  return {
    name,
    random,
    address,
    id: () => account?.id,
    session: () => session,
    refresh,
    leave: () => (session = undefined),
    async arrive(process = anyProcess()) {
      if (account === undefined) await register(process);
      else if (session === undefined) session = await signIn(process);
      else if (session.expiresAt - Date.now() < refreshBeforeMilliseconds) await refresh();
      const usable = session !== undefined && session.expiresAt - Date.now() > refreshBeforeMilliseconds / 2;
      return usable ? session : undefined;
    },
    signInAgain: () => signIn(anyProcess()),
    async ask(call) {
      const { token, expiresAt } = session!;
      const { judged = [] } = call;
      // A call without the session's token says nothing about the session.
      if ("token" in call) return callAs(call);
      const reply = await callAs({ ...call, token, judged: ["UNAUTHENTICATED", ...judged] });
      if (reply.code === "UNAUTHENTICATED" && reply.answeredAtTime < expiresAt)
        findings.violation("a live session was refused", { person: name, request: call.name, ...reply.details });
      if (reply.code === "ok" && reply.sentAtTime >= expiresAt)
        findings.violation("an expired token was let in", { person: name, request: call.name });
      return reply;
    },
  };
}
