import { hostUrls } from "../../foundation/config/postgresql-hosts.js";
import { parsePostgresqlUrl } from "../../foundation/config/postgresql-url.js";
import type { DriverError } from "../engine.js";

/**
 * Reports whether PostgreSQL could not be reached, or could not answer for a temporary reason.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isAway({ code = "", message }: DriverError): boolean {
  return sqlStates.test(code) || systemCodes.has(code) || messages.test(message);
}

// Connection failures, lack of resources, lock timeouts, shutdowns, idle timeouts, a standby instead of a primary, the
// disk.
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

// Errors of the driver that have no code.
const messages =
  /\bConnection terminated\b|\bnot queryable\b|\btimeout exceeded when trying to connect\b|\btimeout expired\b|\bconnection is closed\b|\bQuery read timeout$/i;

/** Reports whether a statement timed out: in the server, or in the driver because the server didn't answer. */
export function isTimeout(error: DriverError): boolean {
  return error.code === "57014" || isUnanswered(error);
}

/**
 * Reports whether the driver gave up a statement that the server may still answer. Knex puts the statement before this
 * message.
 */
export const isUnanswered = ({ message }: DriverError): boolean => /\bQuery read timeout$/.test(message);

/**
 * Reports whether a transaction conflicted with another one: a serialization failure, a deadlock, or a row that another
 * transaction has just inserted, or deleted although this one refers to it.
 */
export function isConflict({ code = "" }: DriverError): boolean {
  return ["40001", "40P01", "23505", "23503"].includes(code);
}

/** Reports whether the server rolled a transaction back because of others: a serialization failure or a deadlock. */
export function isRolledBack({ code = "" }: DriverError): boolean {
  return ["40001", "40P01"].includes(code);
}

/** Returns why a database can't be used, in one line; undefined if the error has another subject. */
export function whyUnusable(url: string, error: DriverError): string | undefined {
  const hosts = hostUrls(url).map(parsePostgresqlUrl);
  const { database, user } = hosts[0]!;
  const places = hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  const code = error.code ?? (silentHost.test(error.message) ? "ETIMEDOUT" : "");
  const byMessage = problemsByMessage.find(([pattern]) => pattern.test(error.message))?.[1];
  const problem = byMessage ?? problems[code] ?? (isAway(error) ? error.message : undefined);
  if (problem === undefined) return undefined;
  return `DATABASE_URL names a database that can't be used, ${database} on ${places} as ${user}: ${problem}`;
}

// The messages of the driver and of knex's pool if a host accepts the connection and never answers.
const silentHost = /\btimeout expired\b|\bConnection terminated due to connection timeout\b|\bacquiring a connection\b/;

const noSuchSchema = "the schema of its search_path doesn't exist; create it first";
const unknownAuthority =
  "its certificate is from an unknown authority; write sslrootcert=FILE with that authority's certificate";

const problemsByMessage = [
  [
    /^unsupported startup parameter/,
    "there is a pooler in front of it; set DATABASE_POOLER, and leave options and time limits out of the URL",
  ],
  [
    /\bserver does not support SSL connections$/,
    "it doesn't use TLS; turn TLS on there (ssl = on), or write sslmode=disable",
  ],
  [/^no pg_hba\.conf entry .*no encryption$/, "it doesn't let this user in without TLS; write sslmode=require"],
  [/^no schema has been selected to create in$/, noSuchSchema],
  // The driver's own error.
  [
    /\bclient password must be a (non-empty )?string$/,
    "it asks for a password; give one in DATABASE_URL or PGPASSWORD",
  ],
] as const;

/** Describes a server that can be read but not written. */
export const readOnlyProblem = "it can only be read: it is a standby, or default_transaction_read_only is on";

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing is listening there; start the server, or correct the host and port",
  ENOTFOUND: "there is no such host; correct its name",
  EAI_AGAIN: "the host's name can't be looked up now; try again in a moment",
  ETIMEDOUT: "it doesn't answer",
  "28000": "it doesn't let this user in; look at its pg_hba.conf",
  "28P01": "the password is wrong; correct it in DATABASE_URL or PGPASSWORD",
  "3D000": "there is no such database; create it first",
  "3F000": noSuchSchema,
  "42501": "the user lacks a privilege; grant it, or connect as the owner",
  "53300": "it has no connection left; raise its max_connections, or lower DATABASE_CONNECTIONS",
  "57P03": "it is starting or stopping; try again in a moment",
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: "its certificate has expired; renew it there",
  CERT_NOT_YET_VALID: "its certificate isn't valid yet; look at the clocks of both machines",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host; write a name that the certificate has",
  "25006": readOnlyProblem,
};
