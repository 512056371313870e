import type { Logger } from "pino";

import type { ErrorCode } from "../foundation/errors.js";
import type { DeclaredField } from "./declarations.js";

/** Receives a code that a root field answered and doesn't declare. */
export type OnUndeclaredCode = (field: DeclaredField, code: ErrorCode) => void;

/** The message of the log line. */
export const undeclaredCode = "a root field answered an error code that it doesn't declare";

/** Returns the function that logs each undeclared code of a root field once, with the line that declares it. */
export function logUndeclaredCodes(log: Logger): OnUndeclaredCode {
  const logged = new Set<string>();
  return ({ field, answers = [], place }, code) => {
    const key = `${field} ${code}`;
    if (logged.has(key)) return;
    logged.add(key);
    const codes = [...answers, code].map((each) => JSON.stringify(each)).join(", ");
    const declareBy = place === "decorators" ? `@Answers(${codes})` : `"${field}": { answers: [${codes}], … }`;
    log.warn({ field, code, declareBy }, undeclaredCode);
  };
}
