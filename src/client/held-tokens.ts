import type { KeptTokens, TokenStore } from "./token-store.js";

/**
 * The tokens of a store, which can be read at once. A store whose `read` returns a promise is mirrored: the mirror has what
 * was written last, and what another tab has written as soon as it was read.
 */
export class HeldTokens {
  /** Resolves when the store was read for the first time. Until then there are no tokens. */
  readonly ready: Promise<void>;
  private readonly isMirrored: boolean;
  private mirror: KeptTokens | undefined;
  private writes = 0;
  /** The last use of the store. They run one after another, so no read or write overtakes an earlier one. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: TokenStore) {
    const first = store.read();
    this.isMirrored = first != null && "then" in first;
    this.ready = this.start(first);
  }

  private async start(first: ReturnType<TokenStore["read"]>): Promise<void> {
    if (this.isMirrored) await this.load(() => first);
  }

  read(): KeptTokens | undefined {
    return this.isMirrored ? this.mirror : (this.store.read() as KeptTokens | undefined);
  }

  /** Resolves once the tokens are stored. `read` returns them at once. */
  async write(kept: KeptTokens | undefined): Promise<void> {
    if (!this.isMirrored) return this.store.write(kept);
    this.mirror = kept;
    this.writes += 1;
    await this.inTurn(() => this.store.write(kept));
  }

  /** Reads the store again, after everything that was written here. If it can't be read, the mirror stays. */
  async load(read = () => this.store.read()): Promise<KeptTokens | undefined> {
    if (!this.isMirrored) return this.read();
    const { writes } = this;
    await this.inTurn(async () => {
      const stored = await read();
      if (writes === this.writes) this.mirror = stored;
    }).catch(() => {});
    return this.mirror;
  }

  /** Calls `changed` when another tab has written, until the returned function is called. */
  watch(changed: () => void): (() => void) | undefined {
    return this.store.watch?.(() => (this.isMirrored ? void this.load().then(changed) : changed()));
  }

  /** Runs `work` while no other tab with the same store runs its own. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.store.exclusively?.(work) ?? work();
  }

  private inTurn(use: () => void | Promise<void>): Promise<void> {
    const done = this.last.then(use);
    this.last = done.catch(() => {});
    return done;
  }
}
