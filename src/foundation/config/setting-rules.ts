import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

import { z } from "zod";

import { parseDurationSeconds } from "./duration.js";
import { hostUrls } from "./postgresql-hosts.js";
import { postgresqlUrlProblem } from "./postgresql-url.js";
import { asymmetricKey, keyringOf } from "./signing-keys.js";

/** A duration with its unit, in seconds; `range` says in words what `least` and `most` are. */
export const duration = (least: number, most: number, range: string) =>
  z.string().transform((text, issues) => {
    const seconds = parseDurationSeconds(text);
    if (seconds === undefined) {
      issues.addIssue("must be whole seconds, minutes, hours or days with their unit (s, m, h, d)");
      return z.NEVER;
    }
    if (seconds < least || seconds > most) issues.addIssue(`must be ${range}`);
    return seconds;
  });

/** Any text but a blank one. */
export const text = z.string().regex(/\S/, "must not be empty");

/** A whole number from `least` to `most`. */
export const whole = (least: number, most: number) => {
  const range = `must be a whole number from ${least.toLocaleString("en")} to ${most.toLocaleString("en")}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, range)
    .transform(Number)
    .refine((number) => number >= least && number <= most, range);
};

/** An address to listen on, or `unix:` and the absolute path of a socket; the system takes paths of some 100 bytes. */
export const host = text.refine(
  (address) => !address.startsWith("unix:") || (/^unix:\/.*[^/]$/.test(address) && Buffer.byteLength(address) <= 105),
  "must have a file's path of 100 bytes at most after unix:, from the root on",
);

/** Yes or no. */
export const flag = z.enum(["true", "false"], "must be true or false").transform((word) => word === "true");

/** A TCP port, 0 being a free one. */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, "must be a whole number")
  .transform(Number)
  .refine((number) => number <= 65_535, "must be 65535 at most");

/** `off`, `on`, or a port, 0 being a free one. */
export const metrics = z.union([z.enum(["off", "on"]), port], "must be off, on or a port");

/** Secrets to sign with, newest first. Their spaces are theirs, so none is trimmed. */
export const secrets = z
  .string()
  .transform((list) => list.split(","))
  .refine((list) => list.every((secret) => Buffer.byteLength(secret) >= 32), "needs 32 bytes at least in each secret")
  .refine((list) => new Set(list).size === list.length, "must not name a secret twice");

/** Key pairs, newest first: each the text of a PEM file, its line breaks written as \n if need be, or such a file's name. */
export const keyPairs = z.string().transform((list, issues) => {
  try {
    return keyringOf(list.split(",").map((entry) => asymmetricKey(readKey(entry.trim()))));
  } catch (error) {
    issues.addIssue(`must be PEM, or the name of a PEM file: ${reasonOf(error)}`);
    return z.NEVER;
  }
});

/** Reads a file as text. Some editors begin it with a byte order mark, which is no part of the text. */
const readText = (path: string): string => readFileSync(path, "utf8").replace(/^\uFEFF/, "");

function readKey(entry: string): KeyObject {
  // Given a passphrase, though none, OpenSSL does not stop to ask for one.
  const pem = entry.includes("-----BEGIN") ? entry.replaceAll("\\n", "\n") : readText(entry);
  return pem.includes("PRIVATE KEY-----") ? createPrivateKey({ key: pem, passphrase: "" }) : createPublicKey(pem);
}

/** Why a key can't be read, in words that hold nothing of it: ours, or the error's code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unreadable";
  return "code" in error ? `it can't be read (${String(error.code)})` : error.message;
}

/**
 * The proxies in front, by address or network. No number of hops: whoever reaches the server past the proxy could then
 * give any address as theirs.
 */
export const proxies = z
  .string()
  .transform((list) => list.split(",").map((entry) => entry.trim()))
  .refine((list) => list.every(isNetwork), "must list the addresses or networks of the proxies in front");

function isNetwork(entry: string): boolean {
  if (["loopback", "linklocal", "uniquelocal", "unix"].includes(entry)) return true;
  const [address = "", bits] = entry.split("/");
  const most = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && (bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most));
}

/** The name of a JSON file of documents by their ids, as the documents. */
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
/** Web origins as browsers send them, or `*` alone for all. */
export const origins = z
  .string()
  .transform((list) => list.split(",").map((entry) => entry.trim()))
  .refine(
    (list) => list.every(isOrigin) || (list.length === 1 && list[0] === "*"),
    "must list origins in lower case, scheme and host and a port if need be with nothing after, or be * alone",
  );

function isOrigin(entry: string): boolean {
  return /^https?:[^*]+$/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry;
}

/** `sqlite:` and a path, or PostgreSQL's own form of a URL. */
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
  .refine(
    (url) => !/^sqlite:(~|.*\$\w|.*\$\{)/.test(url),
    "must have the path in full: ~ and $ are for a shell, which doesn't read this",
  );
