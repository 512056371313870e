import type { LogLevel } from "../log.js";
import type { DatabaseUse } from "./database-use.js";
import type { SessionRules } from "./session-rules.js";
import type { Keyring } from "./signing-keys.js";

/** The settings of a server, checked. */
export type Config = {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** The number of processes that serve the port. */
  readonly workers: number;
  /** `sqlite:<path>`, `sqlite::memory:` or `postgresql://…`. */
  readonly databaseUrl: string;
  readonly databaseUse: DatabaseUse;
  /** The keys that sign and verify tokens. Undefined if a secret is to be made and stored. */
  readonly signingKeys: Keyring | undefined;
  readonly sessionRules: Omit<SessionRules, "keys">;
  readonly publicReads: boolean;
  /** The proxies that are trusted to name a client's address; undefined to use the address of the connection. */
  readonly trustProxy: readonly string[] | undefined;
  /** The web origins whose pages may send requests; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Whether clients may read the schema, and errors suggest names. */
  readonly introspection: boolean;
  /** Whether a browser gets the explorer at `/`. */
  readonly explorer: boolean;
  /** The only documents that run; undefined if any may. */
  readonly trustedDocuments: ReadonlyMap<string, string> | undefined;
  readonly logLevel: LogLevel;
  /** Whether the log has the addresses of clients. */
  readonly logAddresses: boolean;
  /** Where metrics are served: nowhere, on the server's own port, or on this port. */
  readonly metrics: "off" | "on" | number;
  /** Whether requests, operations and statements are traced. */
  readonly tracing: boolean;
  /** How long a client may stay away and still receive the events that it missed. */
  readonly eventLogTtlSeconds: number;
  /** How long the server continues to accept requests after it was told to stop. */
  readonly shutdownDelaySeconds: number;
  /** How long the server may take to stop. */
  readonly shutdownGraceSeconds: number;
  readonly limits: Limits;
};

/** The limits on what clients may ask for; see the settings of these names. */
export type Limits = {
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly cost: number;
  readonly operationTimeoutSeconds: number;
  readonly bodyBytes: number;
  /** Of all request bodies that are being read. */
  readonly bodyBytesInFlight: number;
  readonly answerBytes: number;
  /** Of all responses that are being made and sent. */
  readonly answerBytesInFlight: number;
  readonly sendTimeoutSeconds: number;
  /** Reads that may look at every post, including those that wait. */
  readonly slowReads: number;
  /** WebSockets and streams of a process. */
  readonly sockets: number;
  /** WebSockets and streams of one user. */
  readonly socketsOfUser: number;
  /** Posts that a user may create in any hour. */
  readonly postsPerHour: number;
  readonly operationsOfSocket: number;
  readonly messageBytes: number;
  readonly messagesPerSecond: number;
  readonly urlLength: number;
  readonly connections: number;
  readonly headersTimeoutSeconds: number;
  readonly requestTimeoutSeconds: number;
};

/** Invalid settings, one line each: the variable, the problem and an example, never the value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
