import { onTestFinished } from "vitest";

import { listenToStatements as listen, type Asked } from "../../src/testing/statements.js";

export type { Asked };

/** Listens to statements until the test is over, once a test. Gives what gives those run so far, with their values. */
export function listenToStatements(): () => readonly Asked[] {
  const { asked, stop } = listen();
  onTestFinished(stop);
  return () => asked;
}

/** The same, of which the texts are enough. */
export function countStatements(): () => string[] {
  const asked = listenToStatements();
  return () => asked().map(({ text }) => text);
}
