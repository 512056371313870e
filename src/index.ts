import "./foundation/config/ensure-home.js";
import "reflect-metadata";

import type { Logger } from "pino";

import { systemClock, systemTimer, type Clock } from "./foundation/clock.js";
import { configFromEnvironment } from "./foundation/config/environment.js";
import { dataFolder } from "./foundation/config/secret-file.js";
import { readConfig, type SettingValues } from "./foundation/config/read-config.js";
import { standardOutput } from "./foundation/log-output.js";
import { makeLog } from "./foundation/log.js";
import { featuresWith, makeSchema, printedSchema, type AddedFeature } from "./graphql/schema.js";
import { startServer, type RunningServer } from "./server/server.js";

// The package's public interface: everything that an application's own features need. Anything else may change in any
// release.
export {
  refusalOf,
  requireReader,
  requireViewer,
  userGone,
  viewerAt,
  viewerOf,
  type Auth,
  type Viewer,
} from "./kit/auth.js";
export type { Clock } from "./foundation/clock.js";
export type { SettingValues } from "./foundation/config/read-config.js";
export { ConfigError } from "./foundation/config/config.js";
export { Answers, Needs, type Declaration, type Need } from "./kit/declaration.js";
export {
  subscriptionOf,
  type EventFilter,
  type EventPlace,
  type Subscribe,
  type SubscriptionSource,
} from "./kit/subscription-of.js";
export { changeSeen, type ChangeSeen } from "./kit/event-visibility.js";
export { perOperation, type Context } from "./kit/context.js";
export type { AddedTopics, LogEvent, NewEvent, Topic } from "./database/event-log/event.js";
export { publish } from "./database/event-log/publish.js";
export { afterCommit } from "./database/after-commit.js";
export type { AfterCommit, Services } from "./database/transaction-effects.js";
export type { AddedMigration } from "./database/added-migrations.js";
export { DatabaseUnusableError } from "./database/database-error.js";
export { jsonArray, jsonArrays, jsonOfInstant, jsonOfText, joinInOrder } from "./database/dialect.js";
export { InstantType } from "./kit/instant-column.js";
export { joinSql, limit, Sql, sql, type SqlValue } from "./database/sql.js";
export type { OperationReader } from "./database/operation-reader.js";
export type { Transaction } from "./database/transaction.js";
export { DateTime } from "./kit/date-time.js";
export {
  badUserInput,
  KnownError,
  type AddedErrorCodes,
  type ErrorCode,
  type InputIssue,
} from "./foundation/errors.js";
export { isId, newId, type AddedIdKinds, type IdKind } from "./kit/id.js";
export type { NodeSource, NodeSources } from "./graphql/node.resolver.js";
export { Node, SameForAll } from "./kit/node.type.js";
export { positionOf } from "./kit/paging/cursor.js";
export { around, boundConditions, foundOf, foundOrder, foundPositions } from "./kit/paging/keyset.js";
export type { Bounds, KeysetSource } from "./kit/paging/keyset.js";
export { cursorRule, fromOneEnd, PageArguments, pageArgumentRules, pageRequestOf } from "./kit/paging/page.args.js";
export { OrderDirection, type Order, type PageRequest, type Position } from "./kit/paging/page-request.js";
export { cursorsOf, PageInfo, pageOf, type KeysetRow, type Page } from "./kit/paging/page.js";
export { postsFor, type PostReads } from "./features/post/list/post.reads.js";
export { selectedOfPost } from "./features/post/list/selected-fields.js";
export type { PostSelection } from "./features/post/list/selection.js";
export { Post } from "./features/post/post.entity.js";
export { requirePost } from "./features/post/post.service.js";
export { PostType } from "./features/post/post.type.js";
export { isInOneOf, visibilityScopes, type VisibilityScope } from "./features/post/post-visibility.js";
export { joinFeatures, type AddedFeature } from "./graphql/schema.js";
export type { RunningServer } from "./server/server.js";
export { User } from "./features/user/user.entity.js";
export { usersOf } from "./features/user/user.reads.js";
export { UserType } from "./features/user/user.type.js";
export { checkArguments, storableText, textOf, trimmedTextOf } from "./kit/validation.js";

/** The parts of a server that an application decides. */
export type ServerOptions = AddedFeature & {
  /** The settings of docs/settings.md as texts, instead of those in the environment and the file `.env`. */
  readonly settings?: SettingValues;
  /** The machine's clock by default. */
  readonly clock?: Clock;
  /** Lines of JSON on standard output by default, or lines for people if that is a terminal. */
  readonly log?: Logger;
};

/**
 * Starts a server in this process, with Postern's features and those of an application. It migrates the database and
 * serves until its `stop` is called. The caller handles signals.
 *
 * @throws ConfigError for settings that can't be used, with a line for each.
 * @throws DatabaseUnusableError
 * @throws Error for a feature with a name that is taken or a declaration that can't work, and the error of `listen`
 * (`EADDRINUSE` …).
 */
export async function createServer({
  settings,
  clock = systemClock,
  log,
  ...added
}: ServerOptions = {}): Promise<RunningServer> {
  const features = featuresWith(added);
  const { config, warnings } = settings === undefined ? configFromEnvironment() : readConfig(settings);
  const ownLog = log ?? makeLog(config.logLevel, clock, await standardOutput(), { addresses: config.logAddresses });
  for (const warning of warnings) ownLog.warn(warning);
  if (config.workers > 1) ownLog.warn("WORKERS does nothing here: createServer() serves with its own process alone");
  return startServer({ config, clock, timer: systemTimer, log: ownLog, features, markFolder: dataFolder });
}

/**
 * Runs the command `postern` with these arguments, except for `start`, on a database that has an application's tables
 * too: `migrate` runs its migrations after the server's own, and `copy` copies its entities.
 *
 * @returns the exit code.
 */
export async function administer(
  added: AddedFeature = {},
  args: readonly string[] = process.argv.slice(2),
): Promise<number> {
  const features = featuresWith(added);
  // Loaded here, since a server needs none of it.
  const { runInProcess } = await import("./cli/run-in-process.js");
  return runInProcess(args, async () => features);
}

/**
 * Returns the GraphQL schema with an application's features, in GraphQL's own language and sorted, for tools that generate
 * code.
 *
 * @throws Error for a feature with a name that is taken or a declaration that can't work.
 */
export const printApplicationSchema = (added: AddedFeature = {}): string =>
  printedSchema(makeSchema(featuresWith(added)));
