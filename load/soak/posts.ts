import type { Random } from "../../src/cli/seed/random.js";
import type { Run, User } from "./user.js";
import type { Violations } from "./violations.js";

/** A post as the answers to its author and voters described it. */
export type KnownPost = {
  readonly title: string;
  /** A word that no other post has. */
  readonly word: string;
  readonly authorId: string;
  /** Undefined until an answer contains it. */
  id: string | undefined;
  /** When everybody sees it, by any clock that isn't behind this one; Infinity until it is acknowledged. */
  publishedBy: number;
  /** `maybe` if the answer was lost, `never` if it was a refusal. */
  state: "maybe" | "never" | "alive" | "gone";
  /** When its deletion was requested, and when that was acknowledged; Infinity if it wasn't. */
  deletionSentAt: number;
  goneAt: number;
  /** The content after the last acknowledged change, and the contents of later changes whose answers were lost. */
  content: string;
  maybeContents: string[];
  /** By the voter's id: voted, not voted, or unknown. */
  readonly votes: Map<string, boolean | "unknown">;
};

const isAlive = ({ state, deletionSentAt }: KnownPost) => state === "alive" && deletionSentAt === Infinity;
const pickFrom = (posts: readonly KnownPost[], random: Random) => (posts.length === 0 ? undefined : random.pick(posts));

/** Everything that was acknowledged about posts, to compare with the database. */
export class KnownPosts {
  readonly byTitle = new Map<string, KnownPost>();

  constructor(private readonly violations: Violations) {}

  add(given: Pick<KnownPost, "title" | "word" | "authorId" | "content">): KnownPost {
    const times = { publishedBy: Infinity, deletionSentAt: Infinity, goneAt: Infinity };
    const post: KnownPost = { ...given, ...times, id: undefined, state: "maybe", maybeContents: [], votes: new Map() };
    this.byTitle.set(post.title, post);
    return post;
  }

  /** Returns a new post that exists, as far as is known; undefined if there is none. */
  anyAlive(random: Random): KnownPost | undefined {
    return pickFrom([...this.byTitle.values()].slice(-200).filter(isAlive), random);
  }

  anyAliveOf({ account, random }: User): KnownPost | undefined {
    const own = [...this.byTitle.values()].filter((post) => post.authorId === account!.id && isAlive(post));
    return pickFrom(own, random);
  }

  /** Returns when the last existing post was published, by the clock of its process. */
  lastPublication(): number {
    const times = [...this.byTitle.values()].map(({ publishedBy }) => publishedBy);
    return Math.max(0, ...times.filter(Number.isFinite));
  }

  /** Checks a page of posts that was requested at an instant. Returns their titles. */
  checkPage({ nodes }: { readonly nodes: readonly { title: string }[] }, sentAt: number, about: object): string[] {
    const titles = nodes.map(({ title }) => title);
    if (new Set(titles).size < titles.length) this.violations.add("a post twice in a list", { ...about, titles });
    for (const title of titles) {
      const post = this.byTitle.get(title);
      const found = { ...about, title };
      if (post === undefined) this.violations.add("a post that nobody wrote", found);
      else if (post.state === "never") this.violations.add("a post that was refused", found);
      else if (post.goneAt < sentAt) this.violations.add("a post that was deleted", found);
    }
    return titles;
  }
}

let [created, changed] = [0, 0];
const someText = "Nothing much happened today. ".repeat(10);

/** Creates a post with a unique title. Returns whether that was acknowledged. */
export async function createPost(user: User, { posts }: Run, process?: number): Promise<boolean> {
  created += 1;
  // A search finds words by their beginnings, so this word must not be the beginning of another.
  const word = `${user.name}n${created}x`;
  const post = posts.add({ title: `Post ${word}`, word, authorId: user.account!.id, content: `First. ${someText}` });
  const { title, content } = post;
  const options = { about: { title }, ...(process !== undefined && { process }) };
  const reply = await user.send("createPost", { input: { title, content } }, options);
  if (reply.outcome === "unknown") return false;
  post.state = reply.outcome === "done" ? "alive" : "never";
  post.id = reply.data?.createPost?.post.id;
  post.publishedBy = reply.answeredAtTime;
  return reply.outcome === "done";
}

const aboutPost = ({ title }: KnownPost) => ({ about: { title } });

/** Changes one of the user's posts. */
export async function updatePost(user: User, { posts }: Run): Promise<void> {
  const post = posts.anyAliveOf(user);
  if (post === undefined) return;
  changed += 1;
  const content = `Change ${changed}. ${someText}`;
  const { outcome } = await user.send("updatePost", { input: { id: post.id, content } }, aboutPost(post));
  if (outcome === "unknown") post.maybeContents.push(content);
  if (outcome === "done") Object.assign(post, { content, maybeContents: [] });
}

/** Deletes one of the user's posts. */
export async function deletePost(user: User, { posts }: Run): Promise<void> {
  const post = posts.anyAliveOf(user);
  if (post === undefined) return;
  post.deletionSentAt = performance.now();
  const { outcome } = await user.send("deletePost", { input: { id: post.id } }, aboutPost(post));
  if (outcome === "unknown") post.state = "maybe";
  if (outcome === "refused") post.deletionSentAt = Infinity;
  if (outcome === "done") Object.assign(post, { state: "gone", goneAt: performance.now() });
}

/** Votes for anybody's post, or takes a vote back. */
export async function vote(user: User, { posts, violations }: Run, isVote: boolean): Promise<void> {
  const post = posts.anyAlive(user.random);
  if (post === undefined) return;
  const document = isVote ? "votePost" : "unvotePost";
  const about = { title: post.title };
  const options = { about, checkedCodes: ["NOT_FOUND"] };
  const reply = await user.send(document, { input: { postId: post.id } }, options);
  const { outcome, code, sentAt, sentAtTime } = reply;
  if (outcome === "unknown") post.votes.set(user.account!.id, "unknown");
  if (outcome === "done") post.votes.set(user.account!.id, isVote);
  if (code === "NOT_FOUND" && post.deletionSentAt === Infinity && sentAtTime >= post.publishedBy)
    violations.add("an acknowledged post isn't found", about);
  if (code === "ok" && post.goneAt < sentAt) violations.add("a deleted post accepted a vote", about);
}

/** Reads an acknowledged post on any process, and checks that it is unchanged. */
export async function readOwnPost(user: User, { posts, violations }: Run): Promise<void> {
  const post = posts.anyAliveOf(user);
  if (post === undefined) return;
  const about = { title: post.title };
  const { code, data } = await user.send("onePost", { id: post.id }, { about });
  if (code !== "ok") return;
  if (data.post === null) violations.add("an acknowledged post isn't there", about);
  else if (![post.content, ...post.maybeContents].includes(data.post.content))
    violations.add("an acknowledged change isn't there", { ...about, found: data.post.content.slice(0, 20) });
}

/** Searches for a post by its word. */
export async function searchPost(user: User, { posts, violations }: Run): Promise<void> {
  const post = posts.anyAlive(user.random);
  if (post === undefined) return;
  const about = { title: post.title };
  const { code, data, sentAt, sentAtTime } = await user.send("search", { s: post.word }, { about });
  if (code !== "ok") return;
  const titles = posts.checkPage(data.posts, sentAt, { request: "search", word: post.word });
  if (!titles.includes(post.title) && post.deletionSentAt === Infinity && sentAtTime >= post.publishedBy)
    violations.add("a search doesn't find an acknowledged post", { ...about, titles });
}

/** Reads the first page of a list. */
export async function readPage(user: User, { posts }: Run): Promise<void> {
  const field = user.random.pick(["CREATED_AT", "UPDATED_AT", "VOTE_COUNT", "TITLE"]);
  const { code, data, sentAt } = await user.send("orderedPage", { o: { field, direction: "DESC" } });
  if (code === "ok") posts.checkPage(data.posts, sentAt, { request: "posts", order: field });
}
