import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** A PostgreSQL URL's parts, decoded. */
export type PostgresqlUrl = {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly parameters: URLSearchParams;
};

/** Parses the URL of a PostgreSQL database that {@link postgresqlUrlProblem} has accepted. */
export function parsePostgresqlUrl(url: string): PostgresqlUrl {
  const { hostname, port, pathname, username, searchParams: parameters } = new URL(url);
  const host = parameters.get("host") ?? decodeURIComponent(hostname);
  const givenPort = parameters.get("port") ?? port;
  return {
    host: host === "" ? "localhost" : host,
    port: givenPort === "" ? "5432" : givenPort,
    database: decodeURIComponent(pathname.slice(1)),
    user: parameters.get("user") ?? decodeURIComponent(username),
    parameters,
  };
}

/**
 * Returns the URL for the driver. The driver treats `require` and `verify-ca` as `verify-full`, and warns that a later
 * version will verify less for them.
 */
export const driverUrl = (url: string): string =>
  url.replace(/([?&]sslmode=)(require|verify-ca)(?=&|#|$)/, "$1verify-full");

/** The parameters that the driver reads, with the values that it accepts. */
const parameters: Readonly<Record<string, readonly [form: RegExp, words: string]>> = {
  host: [/^[^,]+$/, "one host, or the folder of a Unix socket"],
  port: [/^\d{1,5}$/, "one port"],
  user: [/./, "a user's name"],
  password: [/^/, "a password"],
  application_name: [/./, "a name"],
  options: [/./, "settings such as -c%20search_path=app"],
  ssl: [/^(true|1|0|no-verify)$/, "true, or rather sslmode=require"],
  sslmode: [/^(disable|require|verify-ca|verify-full|no-verify)$/, "disable, require, verify-full or no-verify"],
  sslnegotiation: [/^(postgres|direct)$/, "postgres or direct"],
  sslrootcert: [/./, "a PEM file"],
  sslcert: [/./, "a PEM file"],
  sslkey: [/./, "a PEM file"],
  statement_timeout: [/^\d{1,9}$/, "milliseconds"],
  lock_timeout: [/^\d{1,9}$/, "milliseconds"],
  idle_in_transaction_session_timeout: [/^\d{1,9}$/, "milliseconds"],
  query_timeout: [/^\d{1,9}$/, "milliseconds"],
};

/** Replacements for the parameters of other programs. */
const instead: Readonly<Record<string, string>> = {
  schema: "options=-c%20search_path=NAME",
  currentSchema: "options=-c%20search_path=NAME",
  search_path: "options=-c%20search_path=NAME",
  pgbouncer: "DATABASE_POOLER=transaction",
  connection_limit: "DATABASE_CONNECTIONS",
  pool_max: "DATABASE_CONNECTIONS",
  dbname: "the database's name after the host, as in postgresql://host/NAME",
};

/** Returns why a PostgreSQL URL can't be used, without its secrets; undefined if it can be tried. */
export function postgresqlUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text))
    return /\/\/[^/?#]*,/.test(text)
      ? "must name one host"
      : "must be a URL; write % escapes for characters with a special meaning: %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?";
  const url = new URL(text);
  if (/%(?![\da-f]{2})/i.test(text)) return "has a % that begins no escape: write %25 for a percent sign";
  try {
    [url.hostname, url.username, url.password, url.pathname, url.search].map(decodeURIComponent);
  } catch {
    return "has % escapes that are not UTF-8: encode the text as UTF-8";
  }
  if (url.hostname.includes(",")) return "must name one host";
  if (/^\/?$/.test(url.pathname)) return "must name a database after the host and a slash";
  for (const name of new Set(url.searchParams.keys())) {
    const problem = parameterProblem(name, url.searchParams.getAll(name));
    if (problem !== undefined) return problem;
  }
  if (url.searchParams.has("sslcert") !== url.searchParams.has("sslkey")) return "needs sslcert and sslkey together";
  return undefined;
}

function parameterProblem(name: string, values: readonly string[]): string | undefined {
  if (!Object.hasOwn(parameters, name)) {
    const shown = /^\w{1,40}$/.test(name) ? `the parameter ${name}` : "a parameter";
    const advice = Object.hasOwn(instead, name) ? `write ${instead[name]} instead` : "leave it out";
    return `has ${shown}, which is unknown: ${advice}`;
  }
  const [form, words] = parameters[name]!;
  if (values.length > 1) return `has the parameter ${name} twice`;
  if (!form.test(values[0]!)) return `has a ${name} that can't be used: it must be ${words}`;
  return name === "sslrootcert" || name === "sslcert" || name === "sslkey" ? fileProblem(name, values[0]!) : undefined;
}

function fileProblem(name: string, path: string): string | undefined {
  try {
    const pem = readFileSync(path);
    if (name !== "sslkey") new X509Certificate(pem).toString();
    return undefined;
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    const why = syscall === undefined ? "holds no certificate in PEM" : `can't be read (${code})`;
    return `has a ${name} that ${why}: it must be the path of a PEM file`;
  }
}
