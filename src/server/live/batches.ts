import { inNextTurn } from "../../foundation/clock.js";

/** Does what it is given in order, some of it at each turn of the event loop, so that all else goes on between. */
export type Batches = (work: () => void) => void;

// Two or three milliseconds of opening or closing sockets.
const portion = 20;

export function inBatches(): Batches {
  const waiting: (() => void)[] = [];
  let isPlanned = false;
  const plan = (): void => {
    isPlanned = waiting.length > 0;
    if (isPlanned) inNextTurn(turn);
  };
  const turn = (): void => {
    for (const work of waiting.splice(0, portion)) work();
    plan();
  };
  return (work) => {
    waiting.push(work);
    if (!isPlanned) plan();
  };
}
