// Fills a database with a demonstration, to have something to look at:
//   npm run seed
//   npm run seed -- --posts 1000000
import { Misuse, readArguments } from "../seed/arguments.js";
import { demonstration } from "../seed/demonstration.js";
import { fill, FillRefused } from "../seed/fill.js";
import { withoutTimeLimits } from "./bulk/load.js";
import { progressOn } from "./bulk/progress.js";
import { systemClock } from "../src/clock.js";
import { ConfigError } from "../src/config/settings.js";
import { DatabaseUnusableError, isDatabaseAway, openDatabase, withoutPassword } from "../src/database/database.js";
import { entities } from "../src/schema.js";
import { configOfEnvironment } from "../src/config/environment.js";
import { demonstrationAccount } from "../src/account/demonstration.js";
import { hashPassword } from "../src/account/password.js";

const { password } = demonstrationAccount;
/** Fewer are there before anybody could read how far they are. */
const worthABar = 10_000;

const count = (number: number) => number.toLocaleString("en");

async function main(): Promise<void> {
  const { posts, force } = readArguments(process.argv.slice(2));
  const { config, warnings } = configOfEnvironment();
  for (const warning of warnings) console.error(warning);
  if (config.production) throw new Misuse("NODE_ENV is production: everybody knows the demonstration's password");

  const passwordHash = await hashPassword(password);
  const demo = demonstration(systemClock(), posts);
  const database = await openDatabase(withoutTimeLimits(config.databaseUrl), entities);
  try {
    const report = posts < worthABar ? () => {} : progressOn(process.stderr);
    const made = await fill(database, { demonstration: demo, passwordHash, force, report });
    console.log(
      `Made ${count(made.users)} users, ${count(made.posts)} posts (${count(made.drafts)} drafts, ` +
        `${count(made.scheduled)} scheduled) and ${count(made.votes)} votes in ${withoutPassword(config.databaseUrl)}\n` +
        `Start the server with: npm start\n` +
        `Sign in as ${demo.users[0]!.email}, or any other of them, with the password: ${password}`,
    );
  } finally {
    await database.close(true);
  }
}

/** What to say of an error: one line where the cause is known, with the stack where it is our mistake. */
function linesOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof Misuse || error instanceof FillRefused) return error.message;
  if (error instanceof DatabaseUnusableError && error.code !== "SQLITE_BUSY") return error.message;
  const { code, syscall, message, stack } = error as NodeJS.ErrnoException;
  // Without a code it is the wait for the connection that was too long, which waits for the lock in turn.
  if (code === "SQLITE_BUSY" || (code === undefined && isDatabaseAway(error)))
    return "Another process is writing to the database: try again when it is done";
  return syscall === undefined ? (stack ?? message) : message;
}

main().catch((error: unknown) => {
  console.error(linesOf(error));
  // Not when all is done: a connection that still waits for the lock would keep the process.
  process.exit(1);
});
