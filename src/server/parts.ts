// Apart from what makes use of them: these are types of the package, and would have an application's compiler read those of
// sockets, of which it has none.
import type { ApolloServer } from "@apollo/server";
import type { Logger } from "pino";

import type { Clock, Timer } from "../foundation/clock.js";
import type { Config } from "../foundation/config/settings.js";
import type { PasswordCost } from "../kit/context.js";
import type { Caller } from "../graphql/create-context.js";
import type { OperationContext } from "../graphql/operation-context.js";
import type { Database } from "../database/engine.js";
import type { Features } from "../graphql/schema.js";

/** What a server is made with. */
export type ServerParts = {
  readonly config: Config;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  readonly name?: string;
  /** Ours, and what an application has added to them. */
  readonly features?: Features;
  /** What hashing a password costs. Tests that are about something else make it cheap. */
  readonly passwordCost?: PasswordCost;
  /** An open database in place of the one that the settings name. Tests copy one that is migrated. */
  readonly database?: Database;
  /** The folder for the mark of this start, if the database has none of its own. Without it, a start leaves no mark. */
  readonly markFolder?: string | undefined;
};

/** What answers operations. */
export type Answering = {
  /** Runs operations without HTTP, as `executeOperation` with a context of `createContext`. */
  readonly apollo: ApolloServer<OperationContext>;
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  readonly database: Database;
};
