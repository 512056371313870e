import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { configFromEnvironment, databaseFromEnvironment } from "../foundation/config/environment.js";
import { dataFolder } from "../foundation/config/secret-file.js";
import { ConfigError, type Config } from "../foundation/config/config.js";
import { engineOf } from "../database/engines.js";
import { readOnlyMessage, withoutPassword } from "../database/database-error.js";
import type { Engine } from "../database/engine.js";
import { migrationState } from "../database/migration-state.js";
import type { OperationReader } from "../database/operation-reader.js";
import { goneBackMessage, hasGoneBack, readStartMark, startMarkFile } from "../database/event-log/start-mark.js";
import { sqliteMigrations } from "../database/migrations/sqlite/index.js";
import { newestSessionAt } from "../features/session/session.reads.js";
import { exitCodes, type CommandDeps, type CommandResult } from "./command.js";
import { keysOf } from "./keys.js";
import { reading } from "./open.js";
import { counted } from "./text.js";

/** The result of one check. */
export type Check = {
  readonly name: "settings" | "keys" | "database" | "migrations" | "history" | "clock" | "disk";
  /** A problem keeps the server from starting or loses data; a warning may become a problem. */
  readonly state: "ok" | "warning" | "problem" | "not checked";
  readonly message: string;
  /** The next step for the operator, unless the state is "ok". */
  readonly advice?: string;
};
type Finding = Omit<Check, "name">;

const ok = (message: string): Finding => ({ state: "ok", message });
const warning = (message: string, advice: string): Finding => ({ state: "warning", message, advice });
const problem = (message: string, advice: string): Finding => ({ state: "problem", message, advice });
const notChecked = (message: string): Finding => ({ state: "not checked", message });

/** Reports what the checks found, with what to do. */
export async function report(deps: CommandDeps): Promise<CommandResult> {
  const checks = await examine(deps);
  const isOk = !checks.some(({ state }) => state === "problem");
  const code = isOk ? exitCodes.done : exitCodes.refused;
  return { json: { ok: isOk, checks }, text: checks.map(linesOf).join("\n"), code };
}

function linesOf({ name, state, message, advice }: Check): string {
  const [first, ...more] = [...message.split("\n"), ...(advice === undefined ? [] : [`→ ${advice}`])];
  const begin = `${name.padEnd(11)} ${state.padEnd(12)}`;
  return [begin + first!, ...more.map((line) => " ".repeat(begin.length) + line)].join("\n");
}

/** Checks everything that a server needs, without changing any of it. */
async function examine(deps: CommandDeps): Promise<readonly Check[]> {
  const { config, finding } = settings();
  const database = config ?? databaseSettings();
  const seen: Seen =
    database === undefined
      ? { database: notChecked("DATABASE_URL can't be used") }
      : await lookAtDatabase(database, deps);
  const unread = notChecked("the database can't be read");
  const { migrations: ran = unread, history: since = unread, clock: told = clockAlone(deps.clock()) } = seen;
  return [
    { name: "settings", ...finding },
    { name: "keys", ...(config === undefined ? notChecked("the settings can't be used") : await keys(config)) },
    { name: "database", ...seen.database },
    { name: "migrations", ...ran },
    { name: "history", ...since },
    { name: "clock", ...told },
    {
      name: "disk",
      ...(database === undefined ? notChecked("DATABASE_URL can't be used") : disk(database.databaseUrl)),
    },
  ];
}

function settings(): { readonly config: Config | undefined; readonly finding: Finding } {
  try {
    const { config, warnings } = configFromEnvironment();
    const mode = config.production ? "for production" : "for this machine (NODE_ENV isn't production)";
    if (warnings.length === 0) return { config, finding: ok(`all can be used, ${mode}`) };
    return {
      config,
      finding: warning(warnings.join("\n"), "Change what each line names; docs/settings.md has them all"),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice = "Set what each line names, in the environment or in .env; docs/settings.md has them all";
    return { config: undefined, finding: problem(error.problems.join("\n"), advice) };
  }
}

function databaseSettings(): ReturnType<typeof databaseFromEnvironment> | undefined {
  try {
    return databaseFromEnvironment();
  } catch {
    return undefined;
  }
}

const rightsOfOthers = 0o077;
const mayOthersRead = (file: string): boolean =>
  process.platform !== "win32" && (statSync(file).mode & rightsOfOthers) !== 0;

async function keys(config: Config): Promise<Finding> {
  try {
    const { keyring, file } = await keysOf(config);
    if (keyring === undefined) return ok(`none yet: the first start makes one, in ${file}`);
    const { newest, byId } = keyring;
    if (file !== undefined && mayOthersRead(file))
      return problem(
        `Others than its owner may read ${file}, and sign tokens with it`,
        `Run chmod 600 ${file}. If others may have read it, delete it; the next start makes another`,
      );
    const others = byId.size === 1 ? "" : `, and ${counted(byId.size - 1, "older one")} verify`;
    return ok(`${newest.algorithm} key ${newest.id} signs${others}`);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ConfigError)
      return problem(message, "Delete the file to have one made at the next start, or set JWT_SECRET");
    // The file may be intact, and deleting it would end every session.
    return problem(message, "Run postern as the user that the server runs as, who has to be able to read the file");
  }
}

/** The findings that need the database. */
type Seen = {
  readonly database: Finding;
  readonly migrations?: Finding;
  readonly history?: Finding;
  readonly clock?: Finding;
};

async function lookAtDatabase(
  settingsOf: ReturnType<typeof databaseFromEnvironment>,
  deps: CommandDeps,
): Promise<Seen> {
  const { databaseUrl: url } = settingsOf;
  const engine = engineOf(url);
  const file = engine.file(url);
  if (url === "sqlite::memory:")
    return {
      database: warning("in memory: all is lost when the server ends", "Set DATABASE_URL to keep it"),
      migrations: notChecked("the server makes the tables when it starts"),
      history: notChecked("a database in memory has none"),
    };
  if (file !== undefined && !existsSync(file))
    return {
      database: warning(`there is no ${file} yet`, "Run postern migrate, or start the server: either makes it"),
      migrations: notChecked("there are no tables yet"),
    };
  try {
    return await reading(settingsOf, deps, async (reader) => {
      const { migrations: added } = await deps.loadFeatures();
      const { pending, unknown, unknownAdded } = await migrationState(engine, reader, added);
      const whyReadOnly = await engine.whyReadOnly(url, reader);
      const isMigrated = unknown.length === 0 && !pending.some(({ of }) => of === "postern");
      return {
        database:
          (whyReadOnly === undefined ? (ownedByAnother(file) ?? readByOthers(file)) : readOnly(whyReadOnly, file)) ??
          ok(`${withoutPassword(url)} can be read and written`),
        migrations: migrations(
          pending.map(({ name }) => name),
          unknown,
          added.length > 0 ? unknownAdded : [],
        ),
        history: await history(url, engine, reader),
        clock: await clock(deps.clock(), engine, reader, isMigrated),
      };
    });
  } catch (error) {
    const advice =
      file === undefined
        ? "See that the server of the database runs and that DATABASE_URL has its name, user and password"
        : "See that DATABASE_URL names the right file, and that this user may read and write it";
    return { database: problem((error as Error).message, advice) };
  }
}

/** Uses the words of `/readyz`, which answers READ_ONLY in this case. */
const readOnly = (why: string, file: string | undefined): Finding =>
  problem(
    readOnlyMessage(why),
    file === undefined
      ? "Name the primary in DATABASE_URL, or set default_transaction_read_only to off"
      : "Let the user that the server runs as write the file and its folder, or make room on their disk",
  );

/** Warns if this user isn't the file's owner: files that it makes beside the database would block the owner. */
function ownedByAnother(file: string | undefined): Finding | undefined {
  if (file === undefined || process.getuid === undefined) return undefined;
  const { uid } = statSync(file);
  if (uid === process.getuid()) return undefined;
  return warning(
    `${file} is another user's (${uid}), and this is user ${process.getuid()}`,
    "Run postern as the user that the server runs as: it may be unable to write files that another user made",
  );
}

/** Warns if others may read the database: older versions created files with the rights of the umask. */
function readByOthers(file: string | undefined): Finding | undefined {
  if (file === undefined) return undefined;
  const files = [file, `${file}-wal`, `${file}-shm`].filter((each) => existsSync(each) && mayOthersRead(each));
  if (files.length === 0) return undefined;
  return warning(
    `Others than its owner may read or write ${files.join(", ")}, with password hashes and sessions`,
    `Run chmod 600 ${files.join(" ")}`,
  );
}

function migrations(pending: readonly string[], unknown: readonly string[], unknownAdded: readonly string[]): Finding {
  if (unknown.length + unknownAdded.length > 0)
    return problem(
      `A newer version has migrated the database: ${[...unknown, ...unknownAdded].join(", ")}`,
      "Start that version, or restore a backup from before",
    );
  if (pending.length === 0) return ok("all have run");
  const advice = "Make a backup, then run postern migrate; the next start of the server does it too";
  return warning(`${counted(pending.length, "migration")} have yet to run: ${pending.join(", ")}`, advice);
}

/** Compares the database with the mark that the last start left. */
async function history(url: string, engine: Engine, reader: OperationReader): Promise<Finding> {
  const tables = await reader.all<{ name: string }>(engine.tables);
  if (!tables.some(({ name }) => name === "events")) return notChecked("there are no tables yet");
  const file = startMarkFile(url, dataFolder);
  const mark = file === undefined ? undefined : await readStartMark(file).catch((error: Error) => error);
  if (mark === undefined) return notChecked("no server has started on this database from here");
  if (mark instanceof Error) return notChecked(mark.message);
  if (!(await hasGoneBack(mark, engine, reader.all))) return ok(`goes on from the last start, ${mark.startedAt}`);
  return warning(
    goneBackMessage(mark.startedAt),
    "Run postern sessions end --all before a server starts; the next start ends this warning",
  );
}

const secondsOf = (milliseconds: number): string => `${Math.round(milliseconds / 1000).toLocaleString("en")} s`;
const clockAdvice = "Have the machine's clock set by NTP (timedatectl set-ntp true): tokens expire by it";
const noteworthyMilliseconds = 2000;
/** Servers accept a token that was issued at most this far ahead of their clock. */
const bearableMilliseconds = 60_000;

/** Checks that the machine's clock is not before this release. */
function clockAlone(now: Date): Finding {
  const [, year, month, day] = /(\d{4})(\d\d)(\d\d)\d*$/.exec(sqliteMigrations.at(-1)!.name)!;
  const released = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (now < released) return problem(`${now.toISOString()} is before this version was made`, clockAdvice);
  return ok(now.toISOString());
}

async function clock(now: Date, engine: Engine, reader: OperationReader, isMigrated: boolean): Promise<Finding> {
  const alone = clockAlone(now);
  if (alone.state !== "ok") return alone;
  const newest = isMigrated ? await newestSessionAt(reader) : undefined;
  const ahead = newest === undefined ? 0 : newest.getTime() - now.getTime();
  if (ahead > bearableMilliseconds)
    return problem(`${now.toISOString()}, and a session was opened ${secondsOf(ahead)} after that`, clockAdvice);
  if (engine.clock === undefined) return alone;
  const [row] = await reader.all<{ now: number | string }>(engine.clock);
  const difference = Math.abs(Number(row!.now) - now.getTime());
  const said = `${secondsOf(difference)} from the database's clock`;
  if (difference > bearableMilliseconds) return problem(said, clockAdvice);
  return difference > noteworthyMilliseconds ? warning(said, clockAdvice) : ok(`${alone.message}, as the database's`);
}

const mebibyte = 1024 * 1024;
const littleSpace = 1024 * mebibyte;
const hardlyAnySpace = 100 * mebibyte;

function disk(url: string): Finding {
  const file = engineOf(url).file(url);
  if (file === undefined) return notChecked("no file of this machine holds the data");
  let folder = dirname(file);
  // Missing folders are created at the first start.
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    for (const path of [folder, ...(existsSync(file) ? [file] : [])]) accessSync(path, constants.W_OK | constants.R_OK);
  } catch (error) {
    return problem((error as Error).message, `Let the user that the server runs as write ${folder} and what is in it`);
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const said = `${Math.floor(free / mebibyte).toLocaleString("en")} MiB are free in ${folder}`;
  const advice = "Make room, or move the database: without any, nothing can be written";
  if (free < hardlyAnySpace) return problem(said, advice);
  return free < littleSpace ? warning(said, advice) : ok(said);
}
