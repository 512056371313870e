// In a file of its own: these are types of the package, and an application's compiler would otherwise need the types of
// sockets, which an application doesn't have.
import type { ApolloServer } from "@apollo/server";
import type { Logger } from "pino";

import type { Database } from "../database/engine.js";
import type { Clock, Timer } from "../foundation/clock.js";
import type { Config } from "../foundation/config/config.js";
import type { Caller } from "../graphql/create-context.js";
import type { OperationContext } from "../graphql/operation-context.js";
import type { Features } from "../graphql/schema.js";
import type { PasswordCost } from "../kit/context.js";

/** The parts that a server is made of. */
export type ServerParts = {
  readonly config: Config;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  /** The server's name and version. */
  readonly name?: string;
  /** Our features with those of an application. */
  readonly features?: Features;
  /** The cost of hashing a password. Tests that are about something else make it cheap. */
  readonly passwordCost?: PasswordCost;
  /** An open database instead of the one that the settings name. Tests copy one that is migrated. */
  readonly database?: Database;
  /** The folder for the mark of this start, if the database has none of its own. Without it, a start leaves no mark. */
  readonly markFolder?: string | undefined;
};

/** The means to run operations without HTTP. */
export type Answering = {
  /** Its `executeOperation` runs operations with a context of `createContext`. */
  readonly apollo: ApolloServer<OperationContext>;
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  readonly database: Database;
};
