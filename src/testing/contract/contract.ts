import { AssertionError } from "node:assert";

import { systemTimer } from "../../foundation/clock.js";
import { credentialChecks } from "./credentials.js";
import { clientOf, type Deployment } from "./deployment.js";
import { lifeChecks } from "./life.js";
import { refusalChecks } from "./refusals.js";

/** One check of a deployment. */
export type ContractCheck = {
  readonly name: string;
  /** @throws AssertionError with what the server did instead, or the error of its connection. */
  readonly run: () => Promise<void>;
};

const longestMilliseconds = 30_000;

/**
 * Returns the checks that every deployment of the server must pass, for any test runner, independent of each other.
 *
 * They sign in to an account that is made for them, and end each session that they open. They change nothing else, move no
 * clock and wait for no token to expire.
 */
export function contract(deployment: Deployment): readonly ContractCheck[] {
  return [...credentialChecks(deployment), ...lifeChecks(deployment), ...refusalChecks(deployment)].map(
    ({ name, run }) => ({ name, run: () => inTime((signal) => run(clientOf(deployment, signal))) }),
  );
}

/** Ends a check that takes too long: a server that breaks a rule may not answer at all. */
async function inTime(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const limit = new AbortController();
  const tooLong = new AssertionError({ message: `Not done within ${longestMilliseconds / 1000} seconds` });
  const cancel = systemTimer(longestMilliseconds, () => limit.abort(tooLong));
  try {
    await work(limit.signal);
  } catch (error) {
    throw limit.signal.aborted ? tooLong : error;
  } finally {
    cancel();
  }
}
