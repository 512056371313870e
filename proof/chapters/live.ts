import * as account from "../accounts.js";
import type { Account } from "../accounts.js";
import type { Chapter, Tools } from "../chapter.js";
import { openSocket, openStream, type RecordedSocket } from "../live.js";
import type { Recorder } from "../recorder.js";

const fields = `kind cursor postId occurredAt post { ${account.postFields} }`;
const events = `subscription ($after: String, $authorId: ID, $postId: ID) { postEvents(after: $after, authorId: $authorId, postId: $postId) { ${fields} } }`;
const plain = "subscription { postEvents { kind post { title voteCount } } }";

async function connected(recorder: Recorder, user: Account): Promise<RecordedSocket> {
  const socket = await openSocket(recorder);
  socket.send({ type: "connection_init", payload: { Authorization: `Bearer ${user.token}` } });
  await socket.wait();
  return socket;
}

/** Changes posts one step at a time, and waits until each subscriber has received each step. */
async function changePosts(recorder: Recorder, ada: Account, bob: Account, told: readonly Told[]): Promise<string> {
  const all = async (those: readonly Told[] = told) => {
    for (const each of those) await each.wait();
  };
  const own = told.filter(({ viewer }) => viewer === ada);
  const send = (query: string, input: object, by = ada) =>
    recorder.graphql({ query, variables: { input }, token: by.token });
  const id = await account.createPost(recorder, ada, { title: "first", content: "one" });
  await all();
  await send(account.vote, { postId: id }, bob);
  await all();
  await send(account.vote, { postId: id }, bob);
  await send(account.update, { id, title: "first, changed" });
  await all();
  await send(account.unvote, { postId: id }, bob);
  await all();
  await send(account.update, { id, published: false });
  // To the author it is a change, to all others the end.
  await all();
  await send(account.update, { id, content: "in private" });
  await all(own);
  await send(account.update, { id, published: true });
  await all();
  const draft = await account.createPost(recorder, ada, { title: "draft", content: "two", published: false });
  await all(own);
  await send(account.deletion, { id: draft });
  await all(own);
  await account.createPost(recorder, ada, {
    title: "soon",
    content: "three",
    publishAt: new Date(Date.now() + 1500).toISOString(),
  });
  await all(own);
  await all();
  await send(account.deletion, { id });
  await all();
  return id;
}

type Told = { readonly viewer: Account; readonly wait: () => Promise<void> };

async function everyViewer(recorder: Recorder): Promise<string> {
  const ada = await account.register(recorder, "Ada");
  const bob = await account.register(recorder, "Bob");
  const sockets = [await connected(recorder, ada), await connected(recorder, bob)];
  for (const socket of sockets) {
    socket.subscribe("all", events);
    await socket.wait();
  }
  const [of, another] = [await connected(recorder, bob), await connected(recorder, bob)];
  of.subscribe("of-ada", events, { authorId: ada.id });
  another.subscribe("of-bob", events, { authorId: bob.id });
  await of.wait();
  await another.wait();
  const streams = [
    await openStream(recorder, { query: plain, token: bob.token, accept: "text/event-stream" }),
    await openStream(recorder, { query: plain, token: bob.token, accept: "text/event-stream", byGet: true }),
    await openStream(recorder, { query: plain, token: ada.token, accept: "multipart/mixed;subscriptionSpec=1.0" }),
  ];
  const open = streams.filter((stream) => stream.parts() !== undefined);
  for (const stream of [open[0]!, open[2]!]) await stream.wait();
  await changePosts(recorder, ada, bob, [
    { viewer: ada, wait: sockets[0]!.wait },
    { viewer: bob, wait: sockets[1]!.wait },
    { viewer: bob, wait: of.wait },
    { viewer: bob, wait: streams[0]!.wait },
    { viewer: ada, wait: streams[2]!.wait },
  ]);
  const cursor: string = sockets[1]!.last().payload.data.postEvents.cursor;
  for (const [index, socket] of [...sockets, of, another].entries()) await socket.keep(`viewer ${index}`);
  for (const [index, stream] of streams.entries()) await stream.keep(`stream ${index}`);
  return cursor;
}

/** Comes back with cursors, good and bad. */
async function comeBack(recorder: Recorder, cursor: string): Promise<void> {
  const cy = await account.register(recorder, "Cy");
  for (const title of ["missed one", "missed two"]) await account.createPost(recorder, cy, { title, content: "x" });
  const socket = await connected(recorder, cy);
  socket.subscribe("missed", events, { after: cursor });
  await socket.wait(2);
  for (const [index, after] of ["", "x", "A".repeat(80), "A".repeat(59), `${cursor.slice(0, -1)}_`].entries()) {
    socket.subscribe(`bad-${index}`, events, { after });
    await socket.wait();
  }
  for (const [index, variables] of [{ postId: "x" }, { authorId: "" }, { postId: 1.5 }].entries()) {
    socket.subscribe(`odd-${index}`, events, variables);
    await socket.wait();
  }
  await socket.keep("coming back");
}

/** Queries and mutations on a socket, the renewal of its credential, and the ends of sessions under it. */
async function oneSocket(recorder: Recorder): Promise<void> {
  const dee = await account.register(recorder, "Dee");
  const eve = await account.register(recorder, "Eve");
  const socket = await connected(recorder, dee);
  const one = async (id: string, query: string, variables?: object) => {
    socket.subscribe(id, query, variables);
    await socket.finish(id);
  };
  await one("me", "{ me { id name sessions { id current } } }");
  await one("create", account.creation, { input: { title: "by socket", content: "x" } });
  await one("bad", account.creation, { input: { title: "", content: "" } });
  await one("login", account.login, { input: { email: dee.email, password: account.password } });
  await one("parse", "{ me");
  await one("two", "subscription { a: postEvents { kind } b: postEvents { kind } }");
  await one("missing", "{ nothing }");
  for (const authorization of [`Bearer ${eve.token}`, "Bearer x", "", 1]) {
    socket.send({ type: "ping", payload: { authorization } });
    await socket.wait();
  }
  await account.renew(recorder, dee);
  socket.send({ type: "ping", payload: { authorization: `Bearer ${dee.token}` } });
  socket.send({ type: "ping" });
  socket.send({ type: "ping", payload: { any: 1 } });
  await socket.wait(3);
  socket.send({ type: "pong" });
  socket.subscribe("events", plain);
  await socket.wait();
  socket.send({ type: "complete", id: "events" });
  await one("after", "{ __typename }");
  socket.subscribe("events", plain);
  await socket.wait();
  await recorder.graphql({ query: "mutation { logoutEverywhere { endedSessions } }", token: dee.token });
  await socket.closed();
  await socket.keep("a socket whose session is ended");

  const last = await connected(recorder, eve);
  last.subscribe("events", plain);
  await last.wait();
  await recorder.graphql({
    query: "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }",
    variables: { input: { currentPassword: account.password } },
    token: eve.token,
  });
  await last.closed();
  await last.keep("a socket whose user is deleted");
}

/** Stops the server under a socket and two streams. */
async function stop(recorder: Recorder, { stopServer }: Tools): Promise<void> {
  const fay = await account.register(recorder, "Fay");
  const socket = await connected(recorder, fay);
  socket.subscribe("events", plain);
  await socket.wait();
  const accepts = ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"];
  const streams = [];
  for (const accept of accepts) streams.push(await openStream(recorder, { query: plain, token: fay.token, accept }));
  for (const stream of streams) await stream.wait();
  await stopServer();
  await socket.closed();
  await socket.keep("a socket of a server that stops");
  for (const stream of streams) await stream.keep("a stream of a server that stops");
}

export const live: Chapter = {
  name: "live",
  settings: {},
  async run(recorder, _random, tools) {
    const cursor = await everyViewer(recorder);
    await comeBack(recorder, cursor);
    await oneSocket(recorder);
    await stop(recorder, tools);
  },
};
