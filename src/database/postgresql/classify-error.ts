import { hostUrls } from "../../foundation/config/postgresql-hosts.js";
import { parsePostgresqlUrl } from "../../foundation/config/postgresql-url.js";
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
  const hosts = hostUrls(url).map(parsePostgresqlUrl);
  const { database, user } = hosts[0]!;
  const places = hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  const code = error.code ?? (silences.test(error.message) ? "ETIMEDOUT" : "");
  const told = problemsByWords.find(([words]) => words.test(error.message))?.[1];
  const problem = told ?? problems[code] ?? (isAway(error) ? error.message : undefined);
  if (problem === undefined) return undefined;
  return `DATABASE_URL names a database that can't be used, ${database} on ${places} as ${user}: ${problem}`;
}

// What the driver and knex's pool say, whichever comes first, where something listens and says nothing.
const silences = /\btimeout expired\b|\bConnection terminated due to connection timeout\b|\bacquiring a connection\b/;

const noSuchSchema = "the schema of its search_path isn't there; create it first";
const unknownAuthority =
  "its certificate is from an authority that isn't known here; write sslrootcert=FILE with that authority's certificate";

const problemsByWords = [
  [
    /^unsupported startup parameter/,
    "a pooler stands before it; set DATABASE_POOLER, and leave options and time limits out of the URL",
  ],
  [
    /\bserver does not support SSL connections$/,
    "it has no TLS; turn that on there (ssl = on), or write sslmode=disable",
  ],
  [/^no pg_hba\.conf entry .*no encryption$/, "it doesn't let this user in without TLS; write sslmode=require"],
  [/^no schema has been selected to create in$/, noSuchSchema],
  // The driver's, which has none to answer with.
  [
    /\bclient password must be a (non-empty )?string$/,
    "it asks for a password; give one in DATABASE_URL or PGPASSWORD",
  ],
] as const;

/** The words for a server that can be read and takes no writes. */
export const readOnlyProblem = "it can only be read: it is a standby, or default_transaction_read_only is on";

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name can't be looked up now",
  ETIMEDOUT: "it doesn't answer",
  "28000": "it doesn't let this user in",
  "28P01": "the password is wrong",
  "3D000": "there is no such database; create it first",
  "3F000": noSuchSchema,
  "42501": "the user lacks a right",
  "53300": "it has no connection left",
  "57P03": "it is starting or stopping",
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
