import { MessageType, parseMessage, type Message } from "graphql-ws";
import type { RawData } from "ws";

import { checkShape } from "../endpoint/read-json.js";
import { isRecord } from "../../kit/validation.js";

// Not among the library's codes: https://www.iana.org/assignments/websocket/websocket.xhtml
export const serviceRestart = 1012;
export const tryAgainLater = 1013;

// Ids are sent with every event, and the payloads of pings have at most a token.
const longestId = 128;
const mostBytesOfPing = 4096;

/** Parses a message of the protocol. Undefined if it is not one, or larger than its type may be. */
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

/**
 * Returns the credential in the first message or, without one, that of the request which opened the socket. Two different
 * ones are a bad credential.
 */
export function credentialsOf(payload: unknown, ofRequest: readonly string[]): readonly string[] {
  const given = authorizationIn(payload);
  if (given === undefined) return ofRequest;
  return ofRequest.every((other) => other === given) ? [given] : [given, ...ofRequest];
}

/** Returns the Authorization entry of a payload, in any case of its name. */
export function authorizationIn(payload: unknown): string | undefined {
  if (!isRecord(payload)) return undefined;
  const [, given] = Object.entries(payload).find(([name]) => name.toLowerCase() === "authorization") ?? [];
  // A value that is not a text is a bad credential, not a missing one.
  return given == null ? undefined : typeof given === "string" ? given : "";
}
