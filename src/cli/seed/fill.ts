import type { EntityManager } from "@mikro-orm/core";

import { inNextTurn, systemClock } from "../../foundation/clock.js";
import type { Database } from "../../database/database.js";
import { transactionsOn } from "../../database/transaction.js";
import { schedulePosts } from "../../features/post/event/scheduled-posts.js";
import { Post } from "../../features/post/post.entity.js";
import { User } from "../../features/user/user.entity.js";
import { emailKeyOf } from "../../features/user/user.service.js";

import { CommandError } from "../command.js";
import type { Demonstration, DemoPost } from "./demonstration.js";
import type { Progress } from "../bulk/progress.js";
import { bulkOf } from "../bulk/load.js";
import { type BulkLoad, type Value } from "../bulk/bulk.js";

/** The numbers of rows that were added. */
export type Made = {
  readonly users: number;
  readonly posts: number;
  readonly drafts: number;
  readonly scheduled: number;
  readonly votes: number;
};

export const postsAtOnce = 1_000;
const postsInATurn = 500;

/**
 * Adds the demonstration in one transaction: all of it is added or nothing.
 *
 * @param parts `passwordHash` is every user's; with `force`, rows that are there already stay as they are.
 * @throws CommandError if an account has an email of the demonstration, or without `force` if the database isn't empty.
 */
export async function fill(
  database: Database,
  parts: {
    readonly demonstration: Demonstration;
    readonly passwordHash: string;
    readonly force: boolean;
    readonly report: (progress: Progress) => void;
  },
): Promise<Made> {
  const { demonstration, passwordHash, force, report } = parts;
  const bulk = bulkOf(database);
  await bulk.tune(database);
  const made = await transactionsOn(database)({ clientKey: "" })(async (em) => {
    await refuseWhereTaken(em, demonstration, force);
    const load = await bulk.begin(em);
    await load.insert(
      "users",
      ["id", "name", "email", "email_key", "password_hash", "created_at"],
      demonstration.users.map((user) => [
        user.id,
        user.name,
        user.email,
        emailKeyOf(user.email),
        passwordHash,
        user.createdAt,
      ]),
    );
    const counts = await insertPosts(load, demonstration, report);
    await load.restore((done, total) => report({ phase: "indexes", done, total }));
    await schedulePosts(em, systemClock());
    report({ phase: "saving", done: 0, total: 1 });
    return counts;
  });
  await bulk.finish(database);
  report({ phase: "saving", done: 1, total: 1 });
  return made;
}

async function refuseWhereTaken(em: EntityManager, { users }: Demonstration, force: boolean): Promise<void> {
  const emailKeys = users.map(({ email }) => emailKeyOf(email));
  const taken = await em.findOne(User, { emailKey: { $in: emailKeys } }, { orderBy: { id: "asc" } });
  if (taken !== null)
    throw new CommandError(
      `The demonstration is there already, or somebody's account is in its way: ${taken.email} is taken`,
    );
  if (!force && ((await em.count(User)) > 0 || (await em.count(Post)) > 0))
    throw new CommandError("The database isn't empty: add --force to put the demonstration beside what is there");
}

async function insertPosts(
  load: BulkLoad,
  demonstration: Demonstration,
  report: (progress: Progress) => void,
): Promise<Made> {
  const { users, postCount: total } = demonstration;
  const made = { users: users.length, posts: 0, drafts: 0, scheduled: 0, votes: 0 };
  const batches = inBatches(demonstration.posts());
  let batch = await batches.next();
  while (batch.done !== true) {
    const posts = batch.value;
    report({ phase: "posts", done: made.posts, total });
    made.posts += posts.length;
    for (const { status, voterIds } of posts) {
      if (status === "draft") made.drafts += 1;
      if (status === "scheduled") made.scheduled += 1;
      made.votes += voterIds.length;
    }
    // The next batch is made while this one is written.
    [, batch] = await Promise.all([insertBatch(load, posts), batches.next()]);
  }
  return made;
}

async function* inBatches(posts: Iterable<DemoPost>): AsyncGenerator<readonly DemoPost[]> {
  let batch: DemoPost[] = [];
  for (const post of posts) {
    batch.push(post);
    if (batch.length === postsAtOnce) {
      yield batch;
      batch = [];
    } else if (batch.length % postsInATurn === 0) await new Promise<void>(inNextTurn);
  }
  if (batch.length > 0) yield batch;
}

async function insertBatch(load: BulkLoad, posts: readonly DemoPost[]): Promise<void> {
  await load.insert(
    "posts",
    Object.keys(postColumns),
    posts.map((post) => postValues.map((valueOf) => valueOf(post))),
  );
  await load.indexTexts(posts);
  const votes = posts.flatMap(({ id, voterIds }) => voterIds.map((voterId) => [id, voterId]));
  await load.insert("votes", ["post_id", "user_id"], votes);
}

const postColumns: Readonly<Record<string, (post: DemoPost) => Value>> = {
  id: (post) => post.id,
  author_id: (post) => post.authorId,
  title: (post) => post.title,
  title_key: (post) => post.titleKey,
  content: (post) => post.content,
  published_at: (post) => post.publishedAt,
  listed_at: (post) => post.listedAt,
  created_at: (post) => post.createdAt,
  updated_at: (post) => post.updatedAt,
  vote_count: (post) => post.voterIds.length,
  version: (post) => post.version,
};
const postValues = Object.values(postColumns);
