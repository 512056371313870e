import type { TestedDatabase } from "./faults/fault.js";
import type { KnownPost } from "./posts.js";
import type { Reply } from "./requests.js";
import type { Run, User } from "./user.js";

type Row = { id: string; title: string; content: string; vote_count: number | string };

/** Compares everything acknowledged with the database, and the database with the pages of every process. */
export async function finalCheck(database: TestedDatabase, prober: User, run: Run): Promise<Record<string, number>> {
  const { posts, violations } = run;
  const rows: Row[] = await database.rows("select id, title, content, vote_count from posts");
  const votes: { post_id: string; user_id: string }[] = await database.rows("select post_id, user_id from votes");
  const votesOf = groupBy(votes, ({ post_id }) => post_id);
  const byTitle = groupBy(rows, ({ title }) => title);
  for (const title of byTitle.keys())
    if (!posts.byTitle.has(title)) violations.add("a post that nobody wrote", { title });
  for (const post of posts.byTitle.values()) {
    const found = byTitle.get(post.title) ?? [];
    checkPost(post, found, run);
    for (const { id, vote_count: count } of found)
      checkVotes(post, Number(count), new Set(votesOf.get(id)?.map(({ user_id }) => user_id)), run);
  }
  for (let process = 0; process < run.processes; process += 1) await checkPages(process, rows, prober, run);

  const count = (state: KnownPost["state"]) =>
    [...posts.byTitle.values()].filter((post) => post.state === state).length;
  return {
    "posts acknowledged": count("alive") + count("gone"),
    "of these deleted": count("gone"),
    "posts whose answer was lost": count("maybe"),
    "posts refused": count("never"),
    "posts in the database": rows.length,
    "votes in the database": votes.length,
  };
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map(items.map((item) => [keyOf(item), [] as Item[]]));
  for (const item of items) groups.get(keyOf(item))!.push(item);
  return groups;
}

function checkPost(post: KnownPost, found: readonly Row[], { violations }: Run): void {
  const { title, state, content, maybeContents } = post;
  if (found.length > 1) violations.add("a post twice", { title, state });
  if (found.length === 0 && state === "alive") violations.add("an acknowledged post was lost", { title });
  if (found.length > 0 && state === "gone") violations.add("a deleted post came back", { title });
  if (found.length > 0 && state === "never") violations.add("a post that was refused was written", { title });
  for (const row of found)
    if (![content, ...maybeContents].includes(row.content))
      violations.add("an acknowledged change was lost", { title, expected: content, found: row.content });
}

function checkVotes({ title, votes }: KnownPost, count: number, voters: ReadonlySet<string>, { violations }: Run) {
  if (count !== voters.size) violations.add("a count of votes is wrong", { title, count, votes: voters.size });
  for (const [voter, voted] of votes)
    if (voted !== "unknown" && voted !== voters.has(voter))
      violations.add(voted ? "an acknowledged vote was lost" : "a vote taken back came back", { title, voter });
  for (const voter of voters) if (!votes.has(voter)) violations.add("a vote that nobody gave", { title, voter });
}

/** Compares all pages of a process with the database. */
async function checkPages(process: number, rows: readonly Row[], prober: User, { violations }: Run): Promise<void> {
  const lineOf = (title: string, content: string, votes: number | string) => `${title} ${votes} ${content}`;
  const shown: string[] = [];
  for (let after: string | null = null; ;) {
    const { code, data }: Reply = await prober.send("allPosts", { after }, { process });
    if (code !== "ok") return violations.add("the last pages were refused", { process, code });
    const { nodes, pageInfo } = data.posts;
    for (const { title, content, voteCount } of nodes) shown.push(lineOf(title, content, voteCount));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  const stored = rows.map(({ title, content, vote_count: votes }) => lineOf(title, content, votes));
  if (stored.toSorted().join("\n") !== shown.toSorted().join("\n")) {
    const counts = { shown: shown.length, stored: stored.length };
    violations.add("a process shows other posts than there are", { process, ...counts });
  }
}
