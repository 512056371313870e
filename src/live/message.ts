import { parseMessage, type Message } from "graphql-ws";
import type { RawData } from "ws";

import { isRecord } from "../validation.js";

// Beside the library's codes: https://www.iana.org/assignments/websocket/websocket.xhtml
export const serviceRestart = 1012;
export const tryAgainLater = 1013;

/** What a text says in the protocol; undefined where it says nothing. */
export function messageOf(data: RawData): Message | undefined {
  try {
    return parseMessage((data as Buffer).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The credential of the first message; else that of the request that opened the socket. Two different ones are none. */
export function credentialsOf(payload: unknown, ofRequest: readonly string[]): readonly string[] {
  const given = authorizationIn(payload);
  if (given === undefined) return ofRequest;
  return ofRequest.every((other) => other === given) ? [given] : [given, ...ofRequest];
}

/** What a message has for an Authorization header, in whatever case its name is. */
export function authorizationIn(payload: unknown): string | undefined {
  if (!isRecord(payload)) return undefined;
  const [, given] = Object.entries(payload).find(([name]) => name.toLowerCase() === "authorization") ?? [];
  // What is no text is no credential, and not none either.
  return given == null ? undefined : typeof given === "string" ? given : "";
}
