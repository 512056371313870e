import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { follow, type SeenEvent } from "../../support/live.js";
import { createPost, deletePost, unvotePost, updatePost, votePost } from "../../support/posts.js";

const seed = 20_261_124;
const runs = 6;

const fields = "id title content publishedAt status version voteCount viewerHasVoted author { name }";
type Post = { readonly id: string; readonly [field: string]: unknown };

/** One thing that happens, by numbers that stand for whoever and whatever is there at the time. */
const step = fc.record({
  server: fc.nat(1),
  who: fc.nat(2),
  what: fc.constantFrom("create", "create", "schedule", "edit", "publish", "withdraw", "vote", "unvote", "delete"),
  which: fc.nat(1000),
  minutes: fc.nat(3),
  /** Which followers lose their connection before it, and which take it up again after it. */
  drops: fc.array(fc.nat(3), { maxLength: 2 }),
  resumes: fc.array(fc.nat(3), { maxLength: 2 }),
});

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

async function listOf(account: Account, api: Api): Promise<Map<string, Post>> {
  const { body } = await api.send(`{ posts(first: 100) { nodes { ${fields} } } }`, { token: account.token });
  return new Map(body.data.posts.nodes.map((post: Post) => [post.id, post]));
}

/** A client that keeps a list up to date by what it is told, whatever becomes of its connection. */
async function follower(account: Account, apis: readonly Api[], turn: number) {
  type Connection = Awaited<ReturnType<typeof follow>>;
  let connection: Connection | undefined;
  let cursor: string | undefined;
  let posts = new Map<string, Post>();
  let connections = turn;
  const options = { fields: `postId post { ${fields} }` };

  const take = ({ kind, post, postId, cursor: at }: SeenEvent) => {
    cursor = at;
    if (kind === "RESET") throw new Error("nothing here is long ago");
    if (post != null) posts.set(postId as string, post as Post);
    else if (kind !== "READY") posts.delete(postId as string);
  };
  const api = () => apis[connections % apis.length]!;
  const resume = async () => {
    if (connection !== undefined) return;
    connections += 1;
    connection = await follow(api(), account.token, { ...options, after: cursor });
  };
  /** Reads what has come, and loses the rest of it. */
  const drop = async () => {
    if (connection === undefined) return;
    for (const { payload } of connection.rest()) take(payload.data.postEvents);
    connection.raw.terminate();
    await connection.closed;
    connection = undefined;
  };
  await resume();
  take(await connection!.event());
  posts = await listOf(account, api());
  return {
    posts: () => posts,
    resume,
    drop,
    /** Reads on up to the post of this title. */
    async upTo(title: string): Promise<void> {
      await resume();
      for (;;) {
        const event = await connection!.event();
        take(event);
        if ((event["post"] as Post | null)?.["title"] === title) return;
      }
    },
  };
}

test("each list that is maintained by events equals the list that is read, whatever happened and whoever was away", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (steps) => {
      const url = await newDatabaseUrl();
      const apis = [await startApi({ DATABASE_URL: url }), await startApi({ DATABASE_URL: url })];
      const [first] = apis as [Api, Api];
      const people = await Promise.all(["Ada", "Bob", "Cat"].map((name) => first.register(name)));
      const followers = await Promise.all(people.map((account, turn) => follower(account, apis, turn)));
      const elapse = () => {
        for (const api of apis) api.timer.elapse(50);
      };

      const own: { id: string; author: number }[] = [];
      const choose = (which: number, author?: number) => {
        const among = own.filter((post) => author === undefined || post.author === author);
        return among[which % Math.max(among.length, 1)]?.id ?? "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";
      };
      const act = async ({ server, who, what, which }: Step) => {
        const api = apis[server]!;
        const { token } = people[who]!;
        const as: Pick<Account, "send"> = { send: (query, options) => api.send(query, { token, ...options }) };
        const create = async (input: object) => void own.push({ id: await createPost(as, { ...input }), author: who });
        const id = choose(which, what.endsWith("vote") ? undefined : who);
        if (what === "create") await create({ published: which % 3 !== 0 });
        else if (what === "schedule")
          await create({ publishAt: new Date(api.clock().getTime() + 120_000).toISOString() });
        else if (what === "edit") await updatePost(as, { id, title: `Title ${which}` });
        else if (what === "publish" || what === "withdraw") await updatePost(as, { id, published: what === "publish" });
        else if (what === "vote") await votePost(as, id);
        else if (what === "unvote") await unvotePost(as, id);
        else await deletePost(as, id);
      };

      // Half of what happens does so at once with what comes after it.
      for (let index = 0; index < steps.length; index += 2) {
        const pair = steps.slice(index, index + 2);
        const minutes = pair[0]!.minutes / 2;
        for (const api of apis) api.clock.advance(minutes * 60_000 * 0.5);
        for (const turn of pair.flatMap(({ drops }) => drops)) await followers[turn]?.drop();
        await Promise.all(pair.map((one) => act(one)));
        elapse();
        for (const turn of pair.flatMap(({ resumes }) => resumes)) await followers[turn]?.resume();
      }
      const polling = setInterval(elapse, 20);
      // A post whose time has come may be noticed with the first of these, and told after it.
      for (const title of ["The end", "The very end"]) {
        await createPost(
          { send: (query, options) => first.send(query, { token: people[0]!.token, ...options }) },
          { title },
        );
        await Promise.all(followers.map((one) => one.upTo(title)));
      }
      clearInterval(polling);
      for (const [index, account] of people.entries())
        expect(followers[index]!.posts()).toEqual(await listOf(account, first));
      await Promise.all(followers.map((one) => one.drop()));
      await Promise.all(apis.map(({ server }) => server.stop()));
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
}, 120_000);
