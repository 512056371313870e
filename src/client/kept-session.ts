import { machineClock } from "./clock.js";
import { EndReport } from "./end-report.js";
import { HeldTokens } from "./held-tokens.js";
import { exchangeToken } from "./refresh.js";
import { assertNoPage, isRefused, refusalFor } from "./refusal.js";
import { assertRepeatable, headersOf, isFor, isMutation, unlessAborted } from "./request.js";
import type { EndReason, SessionOptions, Tokens } from "./session.js";
import { memoryStore, type KeptTokens } from "./token-store.js";

// A token is refreshed this long before its end, or a tenth of its life before, so that a slow request arrives in time.
const aheadMilliseconds = 10_000;

/** The session of `createSession`. */
export class KeptSession {
  readonly ready: Promise<void>;
  private readonly held: HeldTokens;
  private readonly fetch: typeof globalThis.fetch;
  private readonly now: () => number;
  /** The id of the sign-in that the application knows of. */
  private known: string | undefined;
  /** The reason for which the last session was over; undefined if the application signed out. */
  private ended: EndReason | undefined;
  private readonly report: EndReport;
  private refreshing: { readonly id: string; readonly done: Promise<void> } | undefined;
  private readonly stopWatching: (() => void) | undefined;

  constructor(private readonly options: SessionOptions) {
    this.held = new HeldTokens(options.store ?? memoryStore());
    const { fetch } = options;
    // Never called as a method, which the browser's own does not allow.
    this.fetch = (...request) => (fetch === undefined ? globalThis.fetch(...request) : fetch(...request));
    this.now = options.now ?? machineClock;
    this.report = new EndReport((reason) => options.onSignedOut?.(reason));
    const know = () => void (this.known = this.held.read()?.id);
    know();
    this.ready = this.held.ready.then(know);
    this.stopWatching = this.held.watch(() => this.follow(this.held.read()?.id));
  }

  signIn(tokens: Tokens): Promise<void> {
    this.know(newId());
    return this.keep(this.known!, tokens);
  }

  signOut(): Promise<void> {
    this.know(undefined);
    return this.held.write(undefined);
  }

  close(): void {
    this.stopWatching?.();
  }

  /** Returns the tokens of the sign-in that the application knows of: nothing of it is sent as somebody else. */
  current(): KeptTokens | undefined {
    const kept = this.held.read();
    if (kept?.id !== this.known) this.follow(kept?.id);
    else if (!this.report.isDue) return kept;
    return undefined;
  }

  /** Returns an access token of one sign-in: a request that waits for one user is never sent as the next user. */
  async tokenOf(mine: KeptTokens | undefined, rejected?: string): Promise<string | undefined> {
    if (mine === undefined) return undefined;
    const kept = this.held.read();
    if (kept?.id !== mine.id) return undefined;
    const isRejected = kept.accessToken === rejected;
    if (isRejected || this.now() >= kept.renewAt)
      await this.refresh(kept).catch((error: unknown) => {
        // Before its end, the old token will do.
        if (isRejected || this.now() >= kept.endsAt) throw error;
      });
    return this.isCurrent(mine) ? this.held.read()?.accessToken : undefined;
  }

  async send(to: string | URL | Request, init?: RequestInit): Promise<Response> {
    assertRepeatable(init?.body);
    return this.report.answerFirst(() => this.answer(to, init));
  }

  private async answer(to: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const wasSomebody = this.known !== undefined || this.report.isDue;
    const mine = this.current();
    if (mine === undefined) return wasSomebody ? this.answerEnded(to, init) : this.deliver(to, init);
    const tokenFor = (rejected?: string) =>
      unlessAborted(init?.signal ?? (to instanceof Request ? to.signal : undefined), this.tokenOf(mine, rejected));
    const token = await tokenFor();
    if (token === undefined) return this.answerEnded(to, init);
    const response = await this.deliver(to, init, token);
    if (!(await isRefused(response)) || !this.isCurrent(mine)) return response;
    const newer = await tokenFor(token);
    return newer === undefined ? response : this.deliver(to, init, newer);
  }

  private async deliver(to: string | URL | Request, init?: RequestInit, token?: string): Promise<Response> {
    const headers = headersOf(to, init);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    // A request's body can be sent only once.
    const response = await this.fetch(to instanceof Request ? to.clone() : to, { ...init, headers });
    if (isFor(this.options.url, to)) assertNoPage(response, this.options.url);
    return response;
  }

  /** Answers a request of a session that has ended: it must not be answered as if nobody had signed in. */
  private async answerEnded(to: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    // Without a token, the server runs those mutations that need none, such as `login`, and refuses all others.
    if (await isMutation(to, init)) return this.deliver(to, init);
    const reason = this.ended === "EXPIRED" ? "TOKEN_EXPIRED" : "SESSION_REVOKED";
    return refusalFor(headersOf(to, init).get("accept"), reason);
  }

  private isCurrent({ id }: KeptTokens): boolean {
    return this.held.read()?.id === id;
  }

  // Times are counted from now on: the server says for how long, and its clock is never compared with ours.
  private keep(id: string, { accessToken, refreshToken, expiresIn }: Tokens): Promise<void> {
    const lifetime = expiresIn * 1000;
    const endsAt = this.now() + lifetime;
    const renewAt = endsAt - Math.min(aheadMilliseconds, lifetime / 10);
    return this.held.write({ id, accessToken, refreshToken, renewAt, endsAt });
  }

  private refresh(old: KeptTokens): Promise<void> {
    if (this.refreshing?.id !== old.id) {
      const mine = { id: old.id, done: this.held.exclusively(() => this.exchange(old)) };
      this.refreshing = mine;
      const forget = () => {
        if (this.refreshing === mine) this.refreshing = undefined;
      };
      mine.done.then(forget, forget);
    }
    return this.refreshing.done;
  }

  /** Exchanges the tokens for new ones. The old ones are kept until those are there, so a lost answer signs nobody out. */
  private async exchange(old: KeptTokens): Promise<void> {
    const kept = await this.held.load();
    // Another tab was faster, or the session is over.
    if (kept?.id !== old.id || kept.accessToken !== old.accessToken) return;
    const answer = await exchangeToken(this.fetch, this.options.url, kept.refreshToken);
    if ((await this.held.load())?.id !== old.id) return;
    if ("tokens" in answer) {
      const { accessToken } = answer.tokens;
      return this.keep(old.id, answer.tokens).catch((error: unknown) => {
        // Tokens that can't be stored are still good here.
        if (this.held.read()?.accessToken !== accessToken) throw error;
      });
    }
    const written = this.held.write(undefined);
    this.end(answer.over);
    await written.catch(() => {});
  }

  /** Records a sign-in or sign-out by the application, which learns of an earlier end before. */
  private know(id: string | undefined): void {
    this.report.flush();
    this.known = id;
    this.ended = undefined;
  }

  private end(reason: EndReason): void {
    if (this.known === undefined) return;
    this.known = undefined;
    this.ended = reason;
    this.report.plan(reason);
  }

  /** Follows another tab that signed out or in. */
  private follow(id: string | undefined): void {
    if (id === this.known) return;
    this.end("ELSEWHERE");
    this.known = id;
  }
}

/** Returns an id that tells sign-ins apart, across all tabs. It is not a secret. */
const newId = (): string => `${machineClock().toString(36)}-${Math.random().toString(36).slice(2)}`;
