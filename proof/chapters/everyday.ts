import type { Random } from "../../src/cli/seed/random.js";
import * as account from "../accounts.js";
import type { Account } from "../accounts.js";
import type { Chapter } from "../chapter.js";
import type { Operation, Recorder } from "../recorder.js";
import { listArguments } from "./list-arguments.js";

/** Ids and cursors of earlier answers, for later requests to use. */
export type Known = {
  readonly accounts: Account[];
  readonly posts: string[];
  readonly cursors: string[];
};

const texts = [
  "apple",
  "Äpfel und Birnen",
  "brown fox",
  "日本語の文章",
  "  trimmed  ",
  "Fox & apple",
  "a\nb",
  "ÉCOLE école",
];
const titles = [
  "",
  " ",
  "x".repeat(200),
  "x".repeat(201),
  "Apple pie",
  "the brown fox",
  "日本",
  "zebra",
  "\u0000",
  "\ud800",
];
const never = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";
const later = ["2099-01-01T00:00:00.000Z", "2099-06-01T12:00:00+02:00", "2001-01-01T00:00:00Z", "tomorrow", null];
const page = `pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount totalCountIsExact edges { cursor node { ${account.postFields} } }`;
const listVariables =
  "$first: Int, $last: Int, $after: String, $before: String, $offset: Int, $orderBy: PostOrder, $search: String, $filter: PostFilter";
const listFields =
  "first: $first, last: $last, after: $after, before: $before, offset: $offset, orderBy: $orderBy, search: $search, filter: $filter";

const one = (query: string, input: object): Operation => ({ query, variables: { input } });

/** Returns the operations to draw from. One of twice the weight is drawn twice as often. */
function drawing(random: Random, known: Known): [weight: number, make: () => Operation][] {
  const post = () => (random.next() < 0.06 ? random.pick([never, "", "post_x", "POST"]) : random.pick(known.posts));
  const someone = () => random.pick(known.accounts);
  const maybe = <Value>(share: number, value: () => Value) => (random.next() < share ? value() : undefined);
  const content = () =>
    random.next() < 0.05 ? random.pick(["", "y".repeat(100_001)]) : `${random.pick(texts)} ${random.below(9)}`;
  const title = () => (random.next() < 0.25 ? random.pick(titles) : `${random.pick(texts)} ${random.below(30)}`);
  const state = () => ({
    published: maybe(0.3, () => random.next() < 0.5),
    publishAt: maybe(0.15, () => random.pick(later)),
  });
  return [
    [
      30,
      () => ({
        query: `query (${listVariables}) { posts(${listFields}) { ${page} } }`,
        variables: listArguments(random, known),
      }),
    ],
    [6, () => ({ query: `query ($id: ID!) { post(id: $id) { ${account.postFields} } }`, variables: { id: post() } })],
    [
      6,
      () => ({
        query: nodeQuery,
        variables: { id: random.next() < 0.5 ? post() : random.pick([someone().id, account.sessionIdOf(someone())]) },
      }),
    ],
    [
      4,
      () => ({
        query: `{ me { id name email createdAt sessions { id current createdAt lastUsedAt expiresAt userAgent } } }`,
      }),
    ],
    [6, () => ({ query: userPosts, variables: { id: someone().id, ...listArguments(random, known) } })],
    [
      3,
      () => ({
        query: `query ($a: ID!, $b: ID!, $yes: Boolean!) { a: post(id: $a) { ...P } b: post(id: $b) { ...P title @include(if: $yes) } ...M } fragment P on Post { id author { ...U } title } fragment U on User { id name email } fragment M on Query { me { ...U posts(first: 2) { nodes { id title } } } }`,
        variables: { a: post(), b: post(), yes: random.next() < 0.5 },
      }),
    ],
    [12, () => one(account.creation, { title: title(), content: content(), ...state() })],
    [
      12,
      () =>
        one(account.update, {
          id: post(),
          title: maybe(0.5, title),
          content: maybe(0.4, content),
          ...state(),
          expectedVersion: maybe(0.3, () => random.pick([1, 2, 0, -1])),
        }),
    ],
    [9, () => one(account.vote, { postId: post() })],
    [5, () => one(account.unvote, { postId: post() })],
    [3, () => one(account.deletion, { id: post() })],
    [
      2,
      () => ({
        query:
          "mutation ($a: VotePostInput!, $b: DeletePostInput!) { votePost(input: $a) { post { voteCount } } deletePost(input: $b) { deletedPostId } again: votePost(input: $a) { post { voteCount viewerHasVoted } } }",
        variables: { a: { postId: post() }, b: { id: post() } },
      }),
    ],
  ];
}

const nodeQuery = `query ($id: ID!) { node(id: $id) { __typename id ... on User { name email sessions { id current } } ... on Session { current createdAt expiresAt userAgent } ... on Post { ${account.postFields} } } }`;
const userPosts = `query ($id: ID!, $first: Int, $last: Int, $after: String, $before: String, $orderBy: PostOrder) { node(id: $id) { ... on User { posts(first: $first, last: $last, after: $after, before: $before, orderBy: $orderBy) { ${page} nodes { id } } } } }`;

function learn(known: Known, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === "cursor" && typeof member === "string" && known.cursors.length < 400) known.cursors.push(member);
    if (key === "id" && typeof member === "string" && member.startsWith("post_") && !known.posts.includes(member))
      known.posts.push(member);
    learn(known, member);
  }
}

/** Logs users out and in again, and ends sessions, so that credentials of every kind are about. */
async function changeSession(recorder: Recorder, random: Random, user: Account): Promise<void> {
  const logout = "mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }";
  const { token, refreshToken } = user;
  switch (random.below(5)) {
    case 0:
      await recorder.graphql({ query: logout, token });
      break;
    case 1:
      await recorder.graphql({ query: logout, variables: { input: { refreshToken } } });
      break;
    case 2:
      await recorder.graphql({ query: "mutation { logoutEverywhere { endedSessions } }", token });
      break;
    case 3:
      await account.renew(recorder, user);
      break;
    default:
      await account.signIn(recorder, user);
  }
  await recorder.graphql({ query: "{ me { id } }", token });
  if (random.next() < 0.8) await account.signIn(recorder, user);
}

export const everyday: Chapter = {
  name: "everyday",
  settings: { POSTS_PER_HOUR: "100000" },
  async run(recorder, random) {
    const known: Known = { accounts: [], posts: [], cursors: [] };
    for (const name of ["Ada", "Bob", "Cy", "Dee"]) known.accounts.push(await account.register(recorder, name));
    for (let index = 0; index < 40; index += 1)
      known.posts.push(
        await account.createPost(recorder, random.pick(known.accounts), {
          title: `${random.pick(texts)} ${index}`,
          content: Array.from({ length: 5 }, () => random.pick(texts)).join(" "),
          ...(index % 6 === 0 && { published: false }),
          ...(index % 7 === 1 && { publishAt: later[0] }),
        }),
      );
    const draws = drawing(random, known).flatMap(([weight, make]) => Array.from({ length: weight }, () => make));
    for (let index = 0; index < 700; index += 1) {
      const user = random.pick(known.accounts);
      if (index % 25 === 24) await changeSession(recorder, random, user);
      const operation = random.pick(draws)();
      const byGet = random.next() < 0.3 && !operation.query!.startsWith("mutation");
      const accept = random.pick([undefined, "*/*", "application/json", "application/graphql-response+json"]);
      const token = random.next() < 0.92 ? user.token : undefined;
      const { body } = await recorder.graphql({ ...operation, byGet, accept, token });
      learn(known, body);
    }
  },
};
