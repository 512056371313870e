import type { Random } from "../../src/cli/seed/random.js";
import type { KnownPosts } from "./posts.js";
import type { Reply, Requests, SoakRequest } from "./requests.js";
import type { Violations } from "./violations.js";

/** Everything that users share. */
export type Run = {
  readonly requests: Requests;
  readonly posts: KnownPosts;
  readonly oldTokens: OldTokens;
  readonly violations: Violations;
  readonly processes: number;
};

/** A session as the answers to its owner described it. */
type Session = {
  token: string;
  /** By the servers' clock. */
  expiresAt: number;
  refreshToken: string;
  /** Whether the answer to a refresh was lost: the refresh token may be a used one then. */
  isRefreshLost: boolean;
  /** When its end was acknowledged, by `performance.now()`; Infinity while it lives. */
  endedAt: number;
};

/** An access token that a user once had. */
type OldToken = { readonly session: Session; readonly token: string; readonly expiresAt: number };

/** Tokens that users had, which are tried again and again. */
export class OldTokens {
  private readonly all: OldToken[] = [];

  add(session: Session): void {
    this.all.push({ session, token: session.token, expiresAt: session.expiresAt });
    if (this.all.length > 3000) this.all.shift();
  }

  ended(): OldToken[] {
    return this.all.filter(({ session }) => session.endedAt < Infinity);
  }

  expired(): OldToken[] {
    return this.all.filter(({ session, expiresAt }) => session.endedAt === Infinity && expiresAt < Date.now());
  }
}

// Shorter than the life of a token, and longer than an answer takes.
const refreshBeforeMilliseconds = 2000;

type DocumentName = SoakRequest["document"];
type RequestOptions = Partial<Pick<SoakRequest, "process" | "checkedCodes" | "about">>;

/** A user with an account and, most of the time, a session. */
export class User {
  readonly name = `p${this.number}`;
  session: Session | undefined;
  private readonly address = `10.0.${this.number >> 8}.${this.number & 255}`;
  private accounts = 0;
  account: { readonly email: string; readonly password: string; readonly id: string } | undefined;

  constructor(
    private readonly number: number,
    readonly random: Random,
    private readonly run: Run,
  ) {}

  /**
   * Ensures a session with a token that lasts a moment longer: registers, signs in or refreshes as needed. Returns
   * whether there is one.
   */
  async ensureSession(process = this.anyProcess()): Promise<boolean> {
    if (this.account === undefined) await this.register(process);
    else if (this.session === undefined) this.session = await this.signIn(process);
    else if (this.session.expiresAt - Date.now() < refreshBeforeMilliseconds) await this.refresh();
    return this.session !== undefined && this.session.expiresAt - Date.now() > refreshBeforeMilliseconds / 2;
  }

  /** Sends a request with the session's token. Reports a violation if a live session is refused, or an old one isn't. */
  async send(document: DocumentName, variables: object = {}, options: RequestOptions = {}): Promise<Reply> {
    const { token, expiresAt } = this.session!;
    const checkedCodes = ["UNAUTHENTICATED", ...(options.checkedCodes ?? [])];
    const reply = await this.sendAs(token, document, variables, { ...options, checkedCodes });
    const about = { user: this.name, request: document };
    if (reply.code === "UNAUTHENTICATED" && reply.answeredAtTime < expiresAt)
      this.run.violations.add("a live session was refused", { ...about, ...reply.details });
    if (reply.code === "ok" && reply.sentAtTime >= expiresAt)
      this.run.violations.add("an expired token was accepted", about);
    return reply;
  }

  async refresh(): Promise<void> {
    const session = this.session!;
    const reply = await this.sendRefresh(session);
    if (reply.outcome === "unknown") session.isRefreshLost = true;
    if (reply.code === "INVALID_REFRESH_TOKEN") {
      // If the answer was lost longer ago than the grace period, the server rightly assumes theft.
      if (!session.isRefreshLost)
        this.run.violations.add("a good refresh token was refused", { user: this.name, ...reply.details });
      this.session = undefined;
    }
    if (reply.code !== "ok") return;
    Object.assign(session, tokensOf(reply.data.refreshSession), { isRefreshLost: false });
    this.run.oldTokens.add(session);
  }

  /** Logs out on one process, and immediately tries the token on every process. */
  async logOut(): Promise<void> {
    const session = this.session!;
    // Logging out by the refresh token needs no access token, so it works after that has expired.
    const byRefreshToken = this.random.next() < 0.3;
    const reply = byRefreshToken
      ? await this.sendAs(undefined, "logout", { input: { refreshToken: session.refreshToken } })
      : await this.send("logout");
    await this.checkEnd([session], reply);
  }

  /** Signs in a second time and ends both sessions at once. */
  async logOutEverywhere(): Promise<void> {
    const first = this.session!;
    const second = await this.signIn(this.anyProcess());
    if (first.expiresAt < Date.now()) return;
    await this.checkEnd(second === undefined ? [first] : [first, second], await this.send("logoutEverywhere"));
  }

  /** Tries an old token on any process. */
  async tryOldToken(): Promise<void> {
    const { oldTokens } = this.run;
    const candidates = this.random.next() < 0.7 ? oldTokens.ended() : oldTokens.expired();
    if (candidates.length > 0) await this.tryToken(this.random.pick(candidates), this.anyProcess());
  }

  private async checkEnd(sessions: readonly Session[], { outcome }: Reply): Promise<void> {
    if (outcome === "refused") return;
    this.session = undefined;
    // If the answer was lost, it is unknown whether the session has ended.
    if (outcome === "unknown") return;
    for (const session of sessions) session.endedAt = performance.now();
    const processes = Array.from({ length: this.run.processes }, (_, process) => process);
    await Promise.all(
      sessions.flatMap((session) => processes.map((process) => this.tryToken({ ...session, session }, process))),
    );
    const { code } = await this.sendRefresh(sessions[0]!);
    if (code === "ok") this.run.violations.add("an ended session was refreshed", { user: this.name });
  }

  private async tryToken({ session, token, expiresAt }: OldToken, process: number): Promise<void> {
    const { violations } = this.run;
    const about = { user: this.name, session: sessionIdOf(token), endedAt: violations.secondsAt(session.endedAt) };
    const hasEnded = session.endedAt < Infinity;
    const reply = await this.sendAs(token, "me", {}, { process, about, checkedCodes: ["UNAUTHENTICATED"] });
    const { code, data, details } = reply;
    // On a process whose clock is behind, it has not expired yet.
    const isOver = hasEnded || reply.sentAtTime >= expiresAt;
    if (isOver && (data?.me != null || code === "ok"))
      violations.add(`an ${hasEnded ? "ended session" : "expired token"} was accepted`, { ...about, process });
    if (code !== "UNAUTHENTICATED") return;
    const reasons = reply.answeredAtTime < expiresAt ? ["SESSION_REVOKED"] : ["SESSION_REVOKED", "TOKEN_EXPIRED"];
    if (!reasons.includes(String(details["reason"])))
      violations.add("a token was refused for another reason", { ...about, process, ...details });
  }

  private anyProcess(): number {
    return this.random.below(this.run.processes);
  }

  private sendAs(token: string | undefined, document: DocumentName, variables: object, options: RequestOptions = {}) {
    const { address, name: user } = this;
    const about = { user, ...options.about };
    const request = { document, variables, token, address, process: this.anyProcess() };
    return this.run.requests.send({ ...request, ...options, about });
  }

  private sendRefresh({ refreshToken }: Session): Promise<Reply> {
    const checkedCodes = ["INVALID_REFRESH_TOKEN"];
    return this.sendAs(undefined, "refresh", { input: { refreshToken } }, { checkedCodes });
  }

  private async register(process: number): Promise<void> {
    this.accounts += 1;
    const account = { email: `${this.name}.${this.accounts}@example.com`, password: `the password of ${this.name}` };
    const input = { ...account, name: this.name };
    const { code, data } = await this.sendAs(undefined, "register", { input }, { process });
    if (code !== "ok") return;
    this.account = { ...account, id: data.register.user.id };
    this.session = this.open(data.register);
  }

  private async signIn(process: number): Promise<Session | undefined> {
    const { email, password } = this.account!;
    const { code, data } = await this.sendAs(undefined, "login", { input: { email, password } }, { process });
    return code === "ok" ? this.open(data.login) : undefined;
  }

  private open(data: any): Session {
    const session = { ...tokensOf(data), isRefreshLost: false, endedAt: Infinity };
    this.run.oldTokens.add(session);
    return session;
  }
}

const tokensOf = ({ accessToken, expiresAt, refreshToken }: any) => ({
  token: accessToken as string,
  expiresAt: Date.parse(expiresAt),
  refreshToken: refreshToken as string,
});

/** Returns the session id in a token's claims. */
function sessionIdOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()).sid;
}
