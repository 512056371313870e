import { transactionsOn, type Transaction } from "../../../src/database/transaction.js";
import { systemClock } from "../../../src/foundation/clock.js";
import { newId } from "../../../src/kit/id.js";
import { clientOf, dataOf, signUp, type NewUser } from "../../client.js";
import { documents } from "../../documents.js";
import { serversInProcess } from "../server-in-process.js";

/** Two servers on one database. Each has its own connections, so writers of one meet those of the other. */
export type Stage = {
  readonly urls: readonly [string, string];
  /** Transactions outside the servers, as the command line's. */
  readonly transaction: Transaction;
  /** Returns the statements that number and delete events. */
  readonly eventLog: Awaited<ReturnType<Start>>["database"]["engine"]["eventLog"];
  /** The servers' first log lines about unexpected errors. */
  readonly unexpected: readonly string[];
  /** Returns how many deadlocks the database has broken so far. */
  readonly deadlocks: () => Promise<number>;
  readonly close: () => Promise<void>;
};
type Start = ReturnType<typeof serversInProcess>["start"];

export async function openStage(url: string): Promise<Stage> {
  const { errors: unexpected, start } = serversInProcess({
    DATABASE_URL: url,
    METRICS: "off",
    TRUST_PROXY: "loopback",
    // Long, since a busy machine is slow and the test looks only for errors of locks.
    OPERATION_TIMEOUT: "2m",
  });
  const [one, two] = [await start(), await start()];
  return {
    urls: [one.url, two.url],
    transaction: transactionsOn(two.database)({ clientKey: "administration", now: systemClock() }),
    eventLog: one.database.engine.eventLog,
    unexpected,
    async deadlocks() {
      // A backend reports its counts when it is idle, after at most a second.
      const [row] = await one.database.em
        .fork()
        .execute<{ deadlocks: string }[]>("select deadlocks from pg_stat_database where datname = current_database()");
      return Number(row!.deadlocks);
    },
    close: async () => void (await Promise.all([one.stop(), two.stop()])),
  };
}

/** A user with two sessions, three posts and votes, which change as the user acts. */
export type Person = Omit<NewUser, "refreshToken"> & {
  refreshToken: string;
  readonly otherSessionId: string;
  readonly postIds: readonly string[];
};

/** Two users who vote for each other's posts and for their own. */
export type Cast = readonly [Person, Person];

let made = 0;

/** Makes two users whose rows refer to each other's, with rows to prune and a post that is due. */
export async function makeCast(stage: Stage): Promise<Cast> {
  const cast = await Promise.all([makePerson(stage), makePerson(stage)]);
  const voted = cast.flatMap(({ postIds }) => postIds.slice(0, 2));
  for (const { id, send } of cast) {
    await Promise.all(voted.map((postId) => dataOf(send(documents.votePost, { input: { postId } }))));
    await insertOldRows(stage, id, cast[0].postIds[2]!);
  }
  return cast;
}

/** Deletes two users, as far as they still exist. */
export const removeCast = (stage: Stage, cast: Cast): Promise<unknown> =>
  stage.transaction(async (em) => {
    for (const { id } of cast) await em.execute("delete from users where id = ?", [id]);
  });

async function makePerson({ urls: [url] }: Stage): Promise<Person> {
  made += 1;
  const address = `10.${(made >> 16) & 255}.${(made >> 8) & 255}.${made & 255}`;
  const user = await signUp(url, address, newId("user", systemClock()));
  const { email, password, send } = user;
  await dataOf(clientOf(url, address).send(documents.login, { input: { email, password } }));
  const { me } = await dataOf(send("{ me { sessions { id current } } }"));
  const other = me.sessions.find(({ current }: { current: boolean }) => !current);
  const posts = ["One", "Two", "Three"].map((title) =>
    send(documents.createPost, { input: { title, content: "Words" } }),
  );
  const postIds = (await Promise.all(posts.map(dataOf))).map(({ createPost }): string => createPost.post.id);
  return { ...user, otherSessionId: other.id, postIds };
}

/** Adds sessions, used tokens and attempts of weeks ago, and a post that is due. */
async function insertOldRows({ transaction }: Stage, userId: string, postId: string): Promise<void> {
  const old = 1_000_000;
  await transaction(async (em) => {
    const insert = (table: string, row: Readonly<Record<string, unknown>>) =>
      em.execute(
        `insert into ${table} (${Object.keys(row).join(", ")})
          values (${Object.keys(row).fill("?").join(", ")}) on conflict do nothing`,
        Object.values(row),
      );
    for (const id of [1, 2, 3].map((number) => `session_${userId}_${number}`)) {
      await insert("sessions", { id, user_id: userId, created_at: old, last_used_at: old, expires_at: old });
      await insert("refresh_tokens", { hash: `hash of ${id}`, session_id: id, used_at: old, kept_until: old });
      await insert("attempts", { key: `key of ${id}`, failures: 1, touched_at: old });
    }
    await insert("scheduled_posts", { post_id: postId, due_at: old });
  });
}
