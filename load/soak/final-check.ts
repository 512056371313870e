import type { Entry } from "./book.js";
import * as documents from "./documents.js";
import type { Stage } from "./faults/fault.js";
import type { Person, World } from "./person.js";

type Row = { id: string; title: string; content: string; vote_count: number | string };

/** Compares everything acknowledged with the database, and the database with the pages of every process. */
export async function finalCheck(stage: Stage, prober: Person, world: World): Promise<Record<string, number>> {
  const { book, findings } = world;
  const rows: Row[] = await stage.rows("select id, title, content, vote_count from posts");
  const votes: { post_id: string; user_id: string }[] = await stage.rows("select post_id, user_id from votes");
  const votersOf = new Map<string, Set<string>>(rows.map(({ id }) => [id, new Set()]));
  for (const { post_id, user_id } of votes) votersOf.get(post_id)?.add(user_id);
  const byTitle = new Map<string, Row[]>();
  for (const row of rows) byTitle.set(row.title, [...(byTitle.get(row.title) ?? []), row]);

  for (const title of byTitle.keys())
    if (!book.entries.has(title)) findings.violation("a post that nobody wrote", { title });
  for (const entry of book.entries.values()) {
    const found = byTitle.get(entry.title) ?? [];
    checkPost(entry, found, world);
    if (found.length === 1) checkVotes(entry, Number(found[0]!.vote_count), votersOf.get(found[0]!.id)!, world);
  }
  for (let process = 0; process < world.processes; process += 1) await checkWalk(process, rows, prober, world);

  const states = [...book.entries.values()].map(({ state }) => state);
  const count = (state: Entry["state"]) => states.filter((each) => each === state).length;
  return {
    "posts acknowledged": count("alive") + count("gone"),
    "of these deleted": count("gone"),
    "posts whose answer was lost": count("maybe"),
    "posts refused": count("never"),
    "posts in the database": rows.length,
    "votes in the database": votes.length,
  };
}

function checkPost(entry: Entry, found: readonly Row[], { findings }: World): void {
  const { title, state, content, maybeContents } = entry;
  if (found.length > 1) findings.violation("a post twice", { title, state });
  if (found.length === 0 && state === "alive") findings.violation("an acknowledged post was lost", { title });
  if (found.length > 0 && state === "gone") findings.violation("a deleted post came back", { title });
  if (found.length > 0 && state === "never") findings.violation("a post that was refused was written", { title });
  for (const row of found)
    if (![content, ...maybeContents].includes(row.content))
      findings.violation("an acknowledged change was lost", {
        title,
        expected: content.slice(0, 20),
        found: row.content.slice(0, 20),
      });
}

function checkVotes(entry: Entry, count: number, voters: ReadonlySet<string>, { findings }: World): void {
  const { title } = entry;
  if (count !== voters.size) findings.violation("a count of votes is wrong", { title, count, votes: voters.size });
  for (const [voter, voted] of entry.votes)
    if (voted !== "unknown" && voted !== voters.has(voter))
      findings.violation(voted ? "an acknowledged vote was lost" : "a vote taken back came back", { title, voter });
  for (const voter of voters)
    if (!entry.votes.has(voter)) findings.violation("a vote that nobody gave", { title, voter });
}

/** Compares all pages of a process with the database. */
async function checkWalk(process: number, rows: readonly Row[], prober: Person, { findings }: World): Promise<void> {
  const shown: string[] = [];
  const lineOf = (title: string, content: string, votes: number | string) => `${title} ${votes} ${content}`;
  for (let after: string | null = null; ;) {
    const { code, data } = await prober.ask({ name: "walk", query: documents.walk, variables: { after }, process });
    if (code !== "ok") return findings.violation("the last walk was refused", { process, code });
    const { nodes, pageInfo } = data.posts;
    for (const { title, content, voteCount } of nodes) shown.push(lineOf(title, content, voteCount));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  const kept = rows.map(({ title, content, vote_count }) => lineOf(title, content, vote_count));
  if (kept.toSorted().join("\n") !== shown.toSorted().join("\n"))
    findings.violation("a process shows other posts than there are", {
      process,
      shown: shown.length,
      kept: kept.length,
    });
}
