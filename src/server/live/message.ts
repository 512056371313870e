import { MessageType, parseMessage, type Message } from "graphql-ws";
import type { RawData } from "ws";

import { checkShape } from "../endpoint/read-json.js";
import { isRecord } from "../../kit/validation.js";

// Beside the library's codes: https://www.iana.org/assignments/websocket/websocket.xhtml
export const serviceRestart = 1012;
export const tryAgainLater = 1013;

// Ids come back with every event, and the payloads of these messages hold a token at most.
const longestId = 128;
const mostBytesOfPing = 4096;

/** Reads a message of the protocol; undefined if it is none, or larger than its type may be. */
export function messageOf(data: RawData): Message | undefined {
  const bytes = data as Buffer;
  try {
    checkShape(bytes);
    const message = parseMessage(bytes.toString("utf8"));
    return isSmallEnough(message, bytes.length) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isSmallEnough(message: Message, bytes: number): boolean {
  if ("id" in message && message.id.length > longestId) return false;
  const isPing = message.type === MessageType.Ping || message.type === MessageType.Pong;
  return !isPing || bytes <= mostBytesOfPing;
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
