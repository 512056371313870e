import type { Name } from "./contestants.js";
import { documents } from "./documents.js";

/** An operation that is measured for all contestants. */
export type Work = {
  readonly name: string;
  readonly title: string;
  /** The contestants that are compared; not all can do everything. */
  readonly by: readonly Name[];
  readonly query: string;
  readonly variables: object;
  /** The percentage of requests that create posts meanwhile. */
  readonly writesPercent?: number;
  readonly connections?: number;
  /** Requests a second, sent even if earlier ones are unanswered. */
  readonly rate?: number;
};

const all: readonly Name[] = ["Postern", "on PostgreSQL", "by hand", "plain stack", "floor"];
const servers: readonly Name[] = ["Postern", "on PostgreSQL", "by hand", "plain stack"];

export const newPost = { input: { title: "A post of the bench", content: "Nothing to see here. ".repeat(15).trim() } };

/** The offset of the far page, in posts: as far as ten thousand posts allow. */
export const farOffset = 8000;

/** All works, reads first: new posts are at the top of every page from then on. */
export function worksFor(found: {
  readonly postId: string;
  readonly farCursor: string;
  readonly credentials: { readonly email: string; readonly password: string };
}): Work[] {
  const { postId, farCursor, credentials } = found;
  const page = { query: documents.page, variables: {} };
  return [
    { name: "page", title: "page of 20", by: all, ...page },
    { name: "fullPage", title: "page of 20 with votes and cursor", by: all, query: documents.fullPage, variables: {} },
    { name: "post", title: "one post", by: all, query: documents.post, variables: { id: postId } },
    { name: "me", title: "me", by: all, query: documents.me, variables: {} },
    { name: "typename", title: "__typename", by: all, query: documents.typename, variables: {} },
    {
      name: "farPage",
      title: `page of 20, ${farOffset} posts on`,
      by: ["Postern", "on PostgreSQL", "by hand"],
      query: documents.farPage,
      variables: { after: farCursor },
    },
    {
      name: "search",
      title: "search",
      by: ["Postern", "on PostgreSQL"],
      query: documents.search,
      variables: { s: "miso ramen" },
    },
    { name: "atARate", title: "page of 20, 100 a second", by: all, ...page, rate: 100 },
    { name: "mix", title: "page of 20 beside 5 % createPost", by: servers, ...page, writesPercent: 5 },
    // On PostgreSQL one post comes of comparing the answers, in the file of the others three: pages come before.
    { name: "createPost", title: "createPost", by: servers, query: documents.createPost, variables: newPost },
    {
      name: "login",
      title: "login",
      by: servers,
      query: documents.login,
      variables: { input: credentials },
      connections: 4,
    },
  ];
}
