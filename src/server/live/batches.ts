import { inNextTurn } from "../../foundation/clock.js";

/** Runs functions in order, a batch in each turn of the event loop, so that other work goes on in between. */
export type Batches = (work: () => void) => void;

// Opening or closing this many sockets takes two or three milliseconds.
const batchSize = 20;

export function inBatches(): Batches {
  const waiting: (() => void)[] = [];
  let isPlanned = false;
  const plan = (): void => {
    isPlanned = waiting.length > 0;
    if (isPlanned) inNextTurn(runBatch);
  };
  const runBatch = (): void => {
    for (const work of waiting.splice(0, batchSize)) work();
    plan();
  };
  return (work) => {
    waiting.push(work);
    if (!isPlanned) plan();
  };
}
