// A live subscription of an application's feature: the example of docs/events.md.
import { readFileSync } from "node:fs";

import { Args, Field, ArgsType, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import { expect, test } from "vitest";

import { cheers } from "../../../examples/live/cheers.js";
import { Needs, subscriptionOf } from "../../../src/index.js";
import { featuresWith, makeSchema } from "../../../src/graphql/schema.js";
import { startApi } from "../../support/api.js";
import { connect, openStream } from "../../support/live.js";
import { createPost, updatePost } from "../../support/posts.js";

const start = async (settings = {}) => {
  const api = await startApi(settings, cheers);
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const cheer = (account: typeof ada, postId: string, loudness: number) =>
    account.send(`mutation { cheer(postId: "${postId}", loudness: ${loudness}) }`);
  const queryOf = (postId: string, after?: string) =>
    `subscription { cheers(postId: "${postId}"${after === undefined ? "" : `, after: "${after}"`}) { kind loudness cursor } }`;
  const follow = async (account: typeof ada, postId: string, after?: string) => {
    const socket = await connect(api, account.token);
    socket.subscribe("1", queryOf(postId, after));
    const event = async () => (await socket.next()).payload.data.cheers;
    return { ...socket, event };
  };
  return { api, ada, bob, cheer, queryOf, follow };
};

test("sends READY and then its events alone, over a socket and a stream", async () => {
  const { api, ada, bob, cheer, queryOf, follow } = await start();
  const [post, other] = [await createPost(ada), await createPost(ada)];
  const socket = await follow(bob, post);
  const stream = await openStream(api, queryOf(post), { authorization: [`Bearer ${bob.token}`] });
  const nextOf = async () => (await stream.next()).data.cheers;
  for (const next of [socket.event, nextOf]) expect(await next()).toMatchObject({ kind: "READY", loudness: null });
  await cheer(ada, other, 1);
  for (const loudness of [5, 6]) expect((await cheer(bob, post, loudness)).body).toEqual({ data: { cheer: true } });
  for (const next of [socket.event, nextOf])
    for (const loudness of [5, 6]) expect(await next()).toMatchObject({ kind: "CHEER", loudness });
});

test("goes on after a cursor, with RESET for one that is too old", async () => {
  const { api, ada, bob, cheer, follow } = await start();
  const post = await createPost(ada);
  const before = await follow(bob, post);
  const { cursor } = await before.event();
  before.close();
  await createPost(ada);
  for (const loudness of [1, 2]) await cheer(ada, post, loudness);
  const after = await follow(bob, post, cursor);
  expect(await after.event()).toMatchObject({ kind: "CHEER", loudness: 1 });
  expect(await after.event()).toMatchObject({ kind: "CHEER", loudness: 2 });
  await cheer(ada, post, 3);
  expect(await after.event()).toMatchObject({ kind: "CHEER", loudness: 3 });
  api.clock.advance(25 * 60 * 60 * 1000);
  const late = await follow(await api.as("Bob"), post, cursor);
  expect(await late.event()).toMatchObject({ kind: "RESET", loudness: null });
});

test("reads for each event who may see it: the author of a draft, and everybody once it is published", async () => {
  const { ada, bob, cheer, follow } = await start();
  const post = await createPost(ada, { published: false });
  const [ofAda, ofBob] = [await follow(ada, post), await follow(bob, post)];
  const { cursor } = await ofBob.event();
  await ofAda.event();
  await cheer(ada, post, 1);
  expect(await ofAda.event()).toMatchObject({ loudness: 1 });
  await updatePost(ada, { id: post, published: true, expectedVersion: 1 });
  await cheer(ada, post, 2);
  expect(await ofBob.event()).toMatchObject({ loudness: 2 });
  // Missed events are decided in the same way, by the present state.
  const again = await follow(bob, post, cursor);
  expect(await again.event()).toMatchObject({ loudness: 1 });
});

test("ends with its session, and at exp", async () => {
  const { api, ada, bob, follow } = await start();
  const post = await createPost(ada);
  const [first, second] = [await follow(ada, post), await follow(bob, post)];
  await Promise.all([first.event(), second.event()]);
  await ada.send("mutation { logout { endedSessions } }");
  expect(await first.closed).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
  api.clock.set(bob.expiresAt);
  api.timer.elapse(1000);
  expect(await second.closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
});

test("is refused like any field for bad arguments, a bad cursor and a missing credential", async () => {
  const { api, bob, queryOf, ada } = await start({ PUBLIC_READS: "false" });
  const post = await createPost(ada);
  const refusal = async (query: string, token?: string) => {
    const { ended, text } = await openStream(
      api,
      query,
      token === undefined ? {} : { authorization: [`Bearer ${token}`] },
    );
    await ended;
    return JSON.parse(text()).errors[0].extensions.code;
  };
  expect(await refusal(queryOf("rain"), bob.token)).toBe("BAD_USER_INPUT");
  expect(await refusal(queryOf(post, "rain"), bob.token)).toBe("BAD_USER_INPUT");
  expect(await refusal(queryOf(post))).toBe("UNAUTHENTICATED");
});

@ArgsType()
class Nothing {
  @Field(() => String, { nullable: true })
  before?: string;
}

@ObjectType()
class Tick {
  @Field(() => String)
  readonly at: string = "";
}

const source = { resolve: () => new Tick(), ready: () => new Tick(), reset: () => new Tick() };

test("what can't work is refused at start, in one line", () => {
  const withField = (options: object) => {
    @Resolver()
    class Ticks {
      @Subscription(() => Tick, options as never)
      @Needs("reader")
      ticks(@Root() tick: Tick, @Args(() => Nothing) _args: Nothing): Tick {
        return tick;
      }
    }
    return () => makeSchema(featuresWith({ resolvers: [Ticks] }));
  };
  expect(withField({ topics: "ticks" })).toThrow(/^Subscription.ticks: Postern has no pubSub; write subscribe: .*$/);
  const subscribe = subscriptionOf({ ...source, topics: ["post.created"] });
  expect(withField({ subscribe })).toThrow(/^Subscription.ticks: it needs an argument after/);
});

test("is the example of the page, word for word", () => {
  expect(readFileSync("docs/events.md", "utf8")).toContain(readFileSync("examples/live/cheers.ts", "utf8"));
});
