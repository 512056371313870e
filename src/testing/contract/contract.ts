import { AssertionError } from "node:assert";

import { systemTimer } from "../../foundation/clock.js";
import { credentialChecks } from "./credentials.js";
import { clientOf, type Deployment } from "./deployment.js";
import { lifeChecks } from "./life.js";
import { refusalChecks } from "./refusals.js";

/** One thing that a deployment has to do. */
export type ContractCheck = {
  readonly name: string;
  /** @throws AssertionError that says what the server did instead; else what its connection failed with. */
  readonly run: () => Promise<void>;
};

const longestMilliseconds = 30_000;

/**
 * What every deployment of the server has to do, as checks for any test runner, each for itself and in any order.
 *
 * They sign in to an account that is theirs to use, and end each session that they open. They change nothing else, move
 * no clock and wait for no end of a token.
 */
export function contract(deployment: Deployment): readonly ContractCheck[] {
  return [...credentialChecks(deployment), ...lifeChecks(deployment), ...refusalChecks(deployment)].map(
    ({ name, run }) => ({ name, run: () => inTime((signal) => run(clientOf(deployment, signal))) }),
  );
}

/** Ends what takes too long, since a server that breaks a rule may as well say nothing. */
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
