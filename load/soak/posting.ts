import type { Entry } from "./book.js";
import * as documents from "./documents.js";
import type { Person, World } from "./person.js";
import type { Reply } from "./traffic.js";

let posts = 0;
let changes = 0;

const someText = "Nothing much happened today. ".repeat(10);

/** Creates a post with a unique title. */
export async function create(person: Person, { book }: World, process?: number): Promise<boolean> {
  posts += 1;
  // A search finds words by their beginnings, so this word must not be the beginning of another.
  const word = `${person.name}n${posts}x`;
  const content = `First. ${someText}`;
  const entry = book.add({ title: `Post ${word}`, word, authorId: person.id()!, content });
  const reply = await person.ask({
    name: "createPost",
    query: documents.createPost,
    variables: { input: { title: entry.title, content } },
    writes: true,
    about: { title: entry.title },
    ...(process !== undefined && { process }),
  });
  if (reply.outcome === "unknown") return false;
  entry.state = reply.outcome === "done" ? "alive" : "never";
  entry.id = reply.data?.createPost?.post.id;
  entry.publishedBy = reply.answeredAtTime;
  return reply.outcome === "done";
}

/** Changes one of the person's posts. */
export async function update(person: Person, { book }: World): Promise<void> {
  const entry = book.aliveOf(person.id()!, person.random);
  if (entry === undefined) return;
  changes += 1;
  const content = `Change ${changes}. ${someText}`;
  const { outcome } = await person.ask({
    name: "updatePost",
    query: documents.updatePost,
    variables: { input: { id: entry.id, content } },
    writes: true,
    about: { title: entry.title },
  });
  if (outcome === "unknown") entry.maybeContents.push(content);
  if (outcome === "done") Object.assign(entry, { content, maybeContents: [] });
}

/** Deletes one of the person's posts. */
export async function remove(person: Person, { book }: World): Promise<void> {
  const entry = book.aliveOf(person.id()!, person.random);
  if (entry === undefined) return;
  entry.deletionSentAt = performance.now();
  const { outcome } = await person.ask({
    name: "deletePost",
    query: documents.deletePost,
    variables: { input: { id: entry.id } },
    writes: true,
    about: { title: entry.title },
  });
  if (outcome === "unknown") entry.state = "maybe";
  if (outcome === "refused") entry.deletionSentAt = Infinity;
  if (outcome === "done") Object.assign(entry, { state: "gone", goneAt: performance.now() });
}

/** Votes for anybody's post, or takes a vote back. */
export async function vote(person: Person, { book, findings }: World, voted: boolean): Promise<void> {
  const entry = book.anyAlive(person.random);
  if (entry === undefined) return;
  const voter = person.id()!;
  const name = voted ? "votePost" : "unvotePost";
  const about = { title: entry.title };
  const { outcome, ...reply } = await person.ask({
    name,
    query: voted ? documents.votePost : documents.unvotePost,
    variables: { input: { postId: entry.id } },
    writes: true,
    judged: ["NOT_FOUND"],
    about,
  });
  if (outcome === "unknown") entry.votes.set(voter, "unknown");
  if (outcome === "done") entry.votes.set(voter, voted);
  checkPresence(entry, reply, { findings, about: { ...about, request: name } });
}

/** Reads an acknowledged post on any process, and checks that it is unchanged. */
export async function readOwn(person: Person, { book, findings }: World): Promise<void> {
  const entry = book.aliveOf(person.id()!, person.random);
  if (entry === undefined) return;
  const about = { title: entry.title };
  const variables = { id: entry.id };
  const { code, data } = await person.ask({ name: "post", query: documents.onePost, variables, about });
  if (code !== "ok") return;
  if (data.post === null) findings.violation("an acknowledged post isn't there", about);
  else if (![entry.content, ...entry.maybeContents].includes(data.post.content))
    findings.violation("an acknowledged change isn't there", { ...about, found: data.post.content.slice(0, 20) });
}

/** Searches for a post by its word. */
export async function searchOne(person: Person, { book, findings }: World): Promise<void> {
  const entry = book.anyAlive(person.random);
  if (entry === undefined) return;
  const about = { title: entry.title };
  const call = { name: "search", query: documents.search, variables: { s: entry.word }, about };
  const { code, data, sentAt, sentAtTime } = await person.ask(call);
  if (code !== "ok") return;
  const titles: string[] = data.posts.nodes.map((node: { title: string }) => node.title);
  book.checkTitles(titles, sentAt, { request: "search", word: entry.word });
  if (!titles.includes(entry.title) && entry.deletionSentAt === Infinity && sentAtTime >= entry.publishedBy)
    findings.violation("a search doesn't find an acknowledged post", { ...about, titles });
}

/** Reads the first page of a list. */
export async function readPage(person: Person, { book }: World): Promise<void> {
  const field = person.random.pick(["CREATED_AT", "UPDATED_AT", "VOTE_COUNT", "TITLE"]);
  const call = { name: "posts", query: documents.page, variables: { o: { field, direction: "DESC" } } };
  const { code, data, sentAt } = await person.ask(call);
  if (code !== "ok") return;
  const titles: string[] = data.posts.nodes.map((node: { title: string }) => node.title);
  book.checkTitles(titles, sentAt, { request: "posts", order: field });
}

function checkPresence(
  { deletionSentAt, goneAt, publishedBy }: Entry,
  { code, sentAt, sentAtTime }: Pick<Reply, "code" | "sentAt" | "sentAtTime">,
  { findings, about }: Pick<World, "findings"> & { readonly about: object },
): void {
  if (code === "NOT_FOUND" && deletionSentAt === Infinity && sentAtTime >= publishedBy)
    findings.violation("an acknowledged post isn't found", { ...about });
  if (code === "ok" && goneAt < sentAt) findings.violation("a deleted post took a vote", { ...about });
}
