import { KnownError } from "../foundation/errors.js";

/** The result of a root field that was begun: whether it failed, and the code if it failed with a known error. */
export type RootField = { readonly isRejected: boolean; readonly code?: string };

/**
 * Records the result of each root field. The GraphQL result doesn't have it: a null that a non-null field passed up to
 * `data` hides the results of the other fields.
 */
export class RootFieldLog {
  private readonly begun: unknown[] = [];

  /** @param value the field's value, or a promise of it. */
  add(value: unknown): void {
    this.begun.push(value);
  }

  /** Resolves when all fields have. Execution ends at the first null that reaches `data`, and others may still run. */
  async settled(): Promise<RootField[]> {
    const results = await Promise.allSettled(this.begun);
    return results.map((result) => {
      if (result.status === "fulfilled") return { isRejected: false };
      return { isRejected: true, ...(result.reason instanceof KnownError && { code: result.reason.code }) };
    });
  }
}
