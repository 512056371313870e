import type { DriverError } from "../engine.js";

/**
 * Whether PostgreSQL could not be reached, or could not serve for reasons that pass.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isAway({ code = "", message }: DriverError): boolean {
  return sqlStates.test(code) || systemCodes.has(code) || messages.test(message);
}

// Connections; resources; a lock that is not to be had; shutdowns; idle too long; a replica, where a primary was; the disk.
const sqlStates = /^(08...|53...|55P03|57P0[1-5]|25P0[34]|25006|58030)$/;

const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

// What the driver says without a code.
const messages =
  /\bConnection terminated\b|\bnot queryable\b|\btimeout exceeded when trying to connect\b|\btimeout expired\b|\bconnection is closed\b|\bQuery read timeout$/i;

/** Whether a statement was ended for its time: by the server, or by the driver that heard nothing of it. */
export function isTimeout(error: DriverError): boolean {
  return error.code === "57014" || isUnanswered(error);
}

/** Whether the driver has given a statement up that the server may still answer. Knex puts the statement before it. */
export const isUnanswered = ({ message }: DriverError): boolean => /\bQuery read timeout$/.test(message);

/**
 * Whether another transaction came in between: a serialization failure, a deadlock, a row that another has just
 * inserted, or deleted where one refers to it.
 */
export function isConflict({ code = "" }: DriverError): boolean {
  return ["40001", "40P01", "23505", "23503"].includes(code);
}

/** Whether the server rolled a transaction back because of others: a serialization failure or a deadlock. */
export function isRolledBack({ code = "" }: DriverError): boolean {
  return ["40001", "40P01"].includes(code);
}

/** Why a database can't be used, in a line; undefined where the error tells of something else. */
export function whyUnusable(url: string, error: DriverError): string | undefined {
  const { host, port, database, user } = partsOf(url);
  const code = error.code ?? (silences.test(error.message) ? "ETIMEDOUT" : "");
  const told = problemsByWords.find(([words]) => words.test(error.message))?.[1];
  const problem = told ?? problems[code] ?? (isAway(error) ? error.message : undefined);
  if (problem === undefined) return undefined;
  return `DATABASE_URL names a database that can't be used, ${database} on ${host}:${port} as ${user}: ${problem}`;
}

// What the driver and knex's pool say, whichever comes first, where something listens and says nothing.
const silences = /\btimeout expired\b|\bConnection terminated due to connection timeout\b|\bacquiring a connection\b/;

function partsOf(url: string) {
  const { hostname, port, pathname, username, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? hostname;
  return {
    host: host === "" ? "localhost" : host,
    port: port === "" ? "5432" : port,
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
  };
}

const problemsByWords = [
  [/^unsupported startup parameter/, "a pooler stands before it; set DATABASE_POOLER"],
  // The driver's, which has none to answer with.
  [
    /\bclient password must be a (non-empty )?string$/,
    "it asks for a password; give one in DATABASE_URL or PGPASSWORD",
  ],
] as const;

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name can't be looked up now",
  ETIMEDOUT: "it doesn't answer",
  "28000": "it doesn't let this user in",
  "28P01": "the password is wrong",
  "3D000": "there is no such database; create it first",
  "42501": "the user lacks a right",
  "53300": "it has no connection left",
  "57P03": "it is starting or stopping",
  "25006": "it can only be read: a replica, where the primary is needed",
};
