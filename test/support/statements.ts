import { onTestFinished } from "vitest";

import { listenToStatements as listen, type Asked } from "../../src/testing/statements.js";

export type { Asked };

/** Records statements until the test is over. Returns a function that returns those run so far, with their values. */
export function listenToStatements(): () => readonly Asked[] {
  const { asked, stop } = listen();
  onTestFinished(stop);
  return () => asked;
}

/** Records statements as `listenToStatements` does, without their values. */
export function countStatements(): () => string[] {
  const asked = listenToStatements();
  return () => asked().map(({ text }) => text);
}
