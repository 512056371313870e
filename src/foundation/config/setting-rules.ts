import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

import { z } from "zod";

import { parseDurationSeconds } from "./duration.js";
import { hostUrls } from "./postgresql-hosts.js";
import { postgresqlUrlProblem } from "./postgresql-url.js";
import { asymmetricKey, keyringOf } from "./signing-keys.js";

/** A duration with its unit, in seconds; `range` describes the bounds. */
export const duration = (minSeconds: number, maxSeconds: number, range: string) =>
  z.string().transform((text, issues) => {
    const seconds = parseDurationSeconds(text);
    if (seconds === undefined) {
      issues.addIssue("must be whole seconds, minutes, hours or days with their unit (s, m, h, d)");
      return z.NEVER;
    }
    if (seconds < minSeconds || seconds > maxSeconds) issues.addIssue(`must be ${range}`);
    return seconds;
  });

/** Any text that isn't blank. */
export const text = z.string().regex(/\S/, "must not be empty");

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number) => {
  // Made when it is needed: to format the first number takes Node ten milliseconds.
  const error = () => `must be a whole number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((number) => number >= min && number <= max, { error });
};

/**
 * An address to listen on, or `unix:` and the absolute path of a socket. The system accepts paths of some 100 bytes.
 */
export const host = text.refine(
  (address) => !address.startsWith("unix:") || (/^unix:\/.*[^/]$/.test(address) && Buffer.byteLength(address) <= 105),
  "must have an absolute path of at most 100 bytes after unix:",
);

/** A boolean. */
export const flag = z.enum(["true", "false"], "must be true or false").transform((word) => word === "true");

/** A TCP port; 0 means any free port. */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, "must be a whole number")
  .transform(Number)
  .refine((number) => number <= 65_535, "must be at most 65535");

/** `off`, `on`, or a port; 0 means any free port. */
export const metrics = z.union([z.enum(["off", "on"]), port], "must be off, on or a port");

/** Signing secrets, newest first. They are not trimmed, because spaces are part of a secret. */
export const secrets = z
  .string()
  .transform((list) => list.split(","))
  .refine((list) => list.every((secret) => Buffer.byteLength(secret) >= 32), "needs at least 32 bytes in each secret")
  .refine((list) => new Set(list).size === list.length, "must not name a secret twice");

/**
 * Key pairs, newest first. Each is the text of a PEM file, with \n for line breaks if necessary, or the file's name.
 */
export const keyPairs = z.string().transform((list, issues) => {
  try {
    return keyringOf(list.split(",").map((entry) => asymmetricKey(readKey(entry.trim()))));
  } catch (error) {
    issues.addIssue(`must be PEM, or the name of a PEM file: ${reasonOf(error)}`);
    return z.NEVER;
  }
});

/** Reads a file as text, without the byte order mark that some editors write. */
const readText = (path: string): string => readFileSync(path, "utf8").replace(/^\uFEFF/, "");

function readKey(entry: string): KeyObject {
  // With a passphrase, even an empty one, OpenSSL doesn't ask for one in the terminal.
  const pem = entry.includes("-----BEGIN") ? entry.replaceAll("\\n", "\n") : readText(entry);
  return pem.includes("PRIVATE KEY-----") ? createPrivateKey({ key: pem, passphrase: "" }) : createPublicKey(pem);
}

/** Returns why a key can't be read, without any part of it: our own message, or the error's code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unreadable";
  return "code" in error ? `it can't be read (${String(error.code)})` : error.message;
}

/**
 * The proxies in front, by address or network. A number of hops is not accepted: a client that reaches the server
 * without the proxy could then claim any address.
 */
export const proxies = z
  .string()
  .transform((list) => list.split(",").map((entry) => entry.trim()))
  .refine((list) => list.every(isNetwork), "must list the addresses or networks of the proxies in front");

function isNetwork(entry: string): boolean {
  if (["loopback", "linklocal", "uniquelocal", "unix"].includes(entry)) return true;
  const [address = "", bits] = entry.split("/");
  const maxBits = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && (bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= maxBits));
}

/** The name of a JSON file of documents by their ids. The value is the documents. */
export const documents = z.string().transform((path, issues): ReadonlyMap<string, string> => {
  try {
    const byId: unknown = JSON.parse(readText(path));
    return new Map(Object.entries(z.record(z.string(), z.string()).parse(byId)));
  } catch (error) {
    const unreadable = error instanceof Error && "code" in error ? `: it can't be read (${String(error.code)})` : "";
    issues.addIssue(`must name a JSON file of documents by their ids${unreadable}`);
    return z.NEVER;
  }
});

/** Web origins as browsers send them, or a single `*` for all. */
export const origins = z
  .string()
  .transform((list) => list.split(",").map((entry) => entry.trim()))
  .refine(
    (list) => list.every(isOrigin) || (list.length === 1 && list[0] === "*"),
    "must list origins in lower case, each a scheme, a host and a port if necessary, with nothing after, or be a single *",
  );

function isOrigin(entry: string): boolean {
  return /^https?:[^*]+$/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry;
}

/** `sqlite:` and a path, or the URL of a PostgreSQL database. */
export const databaseUrl = z
  .string()
  .superRefine((url, issues) => {
    if (/^sqlite:./.test(url)) return;
    const problem = /^postgres(ql)?:\/\//.test(url)
      ? hostUrls(url)
          .map(postgresqlUrlProblem)
          .find((found) => found !== undefined)
      : "must be sqlite: and a file's path, or a URL that begins with postgresql://";
    if (problem !== undefined) issues.addIssue(problem);
  })
  .refine((url) => !/^sqlite:(~|.*\$\w|.*\$\{)/.test(url), "must have the full path: ~ and $ only work in a shell");
