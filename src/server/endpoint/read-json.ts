import { isUtf8 } from "node:buffer";

import { parse } from "secure-json-parse";

import { badRequest } from "../../graphql/graphql-request.js";

/** The most levels of lists and objects, and the most values in all of them. */
const mostLevels = 64;
const mostValues = 10_000;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Reads JSON in UTF-8. Its depth and its number of values, on which parsing spends far more time than on their bytes, are
 * bounded before it is parsed. Keys that would change an object's prototype are rejected.
 *
 * @throws KnownError `BAD_REQUEST`.
 */
export function readJson(bytes: Buffer): unknown {
  // Other bytes would be stored as U+FFFD.
  if (!isUtf8(bytes)) throw badRequest("JSON must be encoded in UTF-8");
  checkShape(bytes);
  try {
    return parse(bytes.toString("utf8"));
  } catch {
    throw badRequest("The request could not be read as JSON over HTTP");
  }
}

/**
 * Checks depth and number of values, in a few milliseconds a megabyte.
 *
 * @throws KnownError `BAD_REQUEST`.
 */
export function checkShape(bytes: Buffer): void {
  let level = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case quote:
        at = endOfString(bytes, at);
        break;
      case comma:
        values += 1;
        break;
      case openBracket:
      case openBrace:
        values += 1;
        level += 1;
        if (level > mostLevels) throw badRequest(`JSON may be nested ${mostLevels} levels deep at most`);
        break;
      case closeBracket:
      case closeBrace:
        level -= 1;
    }
  }
  if (values > mostValues) throw badRequest(`JSON may have ${mostValues} values at most`);
}

/** Returns the position of the quote that ends a string; the end of the bytes if there is none. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}
