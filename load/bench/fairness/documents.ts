// The documents of attackers and ordinary users.

export const me = "{ me { name } }";
export const typename = "{ __typename }";
export const page = "{ posts(first: 20) { nodes { id title content published createdAt author { id name } } } }";
export const search = "query ($s: String) { posts(search: $s, first: 20) { nodes { title } } }";
export const createPost = "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }";
export const votePost = "mutation ($input: VotePostInput!) { votePost(input: $input) { post { id } } }";
export const login = "mutation ($input: LoginInput!) { login(input: $input) { expiresAt } }";

/** A search that repeats one word a hundred times. */
export const repeatedWord = "a ".repeat(100);

const day = 24 * 60 * 60 * 1000;
let turn = 0;

/** Returns an instant about `days` ago, never the same twice, so that no cache can answer. */
const ago = (days: number) => new Date(Date.now() - days * day + turn++).toISOString();

const aliased = (count: number, field: (index: number) => string) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field(index)}`).join(" ")} }`;

/** A page of few posts that requires a scan of the whole order by votes. */
export const narrowByVotes = () =>
  aliased(
    15,
    () =>
      `posts(filter: { createdBefore: "${ago(3 * 365 - 2)}" }, orderBy: { field: VOTE_COUNT, direction: DESC }) { nodes { id } }`,
  );

export const counts = () =>
  aliased(15, () => `posts(first: 0, filter: { createdBefore: "${ago(30)}" }) { totalCount }`);

const commonWords = "the a of in it was with i and to for about by they".split(" ");
export const aliasedSearches = () =>
  aliased(14, (index) => `posts(search: "${commonWords[index]}") { nodes { title } }`);

/** Repeats every character of a text eight times. */
export const eightfold = (posts: string) =>
  `{ ${posts} { nodes { content ${Array.from({ length: 7 }, (_, index) => `c${index}: content`).join(" ")} } } }`;
