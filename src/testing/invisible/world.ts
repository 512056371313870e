import { featuresWith } from "../../graphql/schema.js";
import type { TestAccount } from "../account.js";
import { assertSucceeded } from "../assertions.js";
import { copyInMemory, memoryUrl } from "../database.js";
import { createTestServer, type TestServer, type TestServerOptions } from "../test-server.js";
import type { Answer, Send } from "../transport.js";
import { anyId } from "./answers.js";

/** Users and posts before any post is hidden. */
export type World = {
  readonly api: TestServer;
  /** The author of the posts that are hidden later. */
  readonly author: TestAccount;
  /** The user who must not learn about them. */
  readonly viewer: TestAccount;
  /** Published posts, the author's and the viewer's. Half of the author's are hidden later. */
  readonly posts: readonly string[];
};

/** A server with hidden posts, another with the same rows except for these, and what the viewer may know. */
export type TwoWorlds = {
  readonly present: TestServer;
  readonly absent: TestServer;
  readonly viewer: TestAccount;
  /** The author's posts that the viewer sees. */
  readonly shown: readonly string[];
  readonly hidden: readonly string[];
  /** All ids in the tables. */
  readonly known: ReadonlySet<string>;
};

/** The options of servers with databases in memory. */
export type WorldOptions = Omit<TestServerOptions, "database" | "timer">;

export type Prepare = (world: World) => Promise<unknown>;

const later = (api: TestServer) => new Date(api.clock().getTime() + 24 * 60 * 60 * 1000).toISOString();

/** Runs plain SQL on the server's database. */
export const execute = (
  { server }: TestServer,
  statement: string,
  values: readonly string[] = [],
): Promise<Record<string, unknown>[]> => server.database.em.getConnection().execute(statement, [...values]);

/** Starts both servers. Each is stopped by its `stop`. */
export async function makeTwoWorlds(options: WorldOptions, prepare: Prepare): Promise<TwoWorlds> {
  // The walk sends more than clients may.
  const limits = { MAX_COST: "1000000", MAX_DEPTH: "100" };
  const settings = { PUBLIC_READS: "true", ...limits, ...options.settings, DATABASE_URL: memoryUrl };
  const asked: TestServerOptions = { over: "execute", ...options, settings };
  await using api = await createTestServer(asked);
  const [author, viewer] = [await api.as("Author"), await api.as("Viewer")];
  const post = async (by: TestAccount, title: string, input = {}): Promise<string> => {
    // One after the other, so that all orders are the same.
    api.clock.advance(1000);
    const create = "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }";
    return done(await by.send(create, { variables: { input: { title, content: "lantern", ...input } } })).createPost
      .post.id;
  };
  const [withdrawn, shown, postponed] = [
    await post(author, "Aardvark"),
    await post(author, "Cedar"),
    await post(author, "Onyx"),
  ];
  const own = await post(viewer, "Delta");
  const [alsoShown, last] = [await post(author, "Poplar"), await post(author, "Zulu")];
  await prepare({ api, author, viewer, posts: [withdrawn, shown, postponed, own, alsoShown, last] });

  const hide = async (id: string, ...inputs: readonly object[]) => {
    const update = "mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { id } } }";
    for (const input of inputs) done(await author.send(update, { variables: { input: { id, ...input } } }));
  };
  const draft = { published: false };
  await hide(withdrawn, draft);
  await hide(last, draft);
  await hide(postponed, draft, { publishAt: later(api) });
  const hidden = [withdrawn, postponed, last, await post(author, "Birch", draft)];
  await post(viewer, "Ebony", draft);

  const features = featuresWith(options);
  const copy = async () => {
    const other = await createTestServer({
      ...asked,
      database: await copyInMemory(api.server.database, features),
    });
    other.clock.set(api.clock());
    return other;
  };
  const known = await idsIn(api);
  const [present, absent] = [await copy(), await copy()];
  await execute(absent, `delete from posts where id in (${hidden.map(() => "?").join()})`, hidden);
  return { present, absent, viewer, shown: [shown, alsoShown], hidden, known };
}

function done(answer: Answer) {
  assertSucceeded(answer);
  return answer.body.data;
}

async function idsIn(api: TestServer): Promise<ReadonlySet<string>> {
  const tables = await execute(
    api,
    `select distinct t.name from sqlite_master t join pragma_table_info(t.name) c where t.type = 'table' and c.name = 'id'`,
  );
  const rows = [];
  for (const { name } of tables) rows.push(...(await execute(api, `select id from "${String(name)}"`)));
  return new Set(rows.flatMap(({ id }) => String(id).match(anyId) ?? []));
}

/** Returns the ids of all objects that the viewer may see, by the names of their types. */
export async function nodesByType(send: Send, ids: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const id of ids) {
    const { body } = await send("query ($id: ID!) { node(id: $id) { __typename } }", { variables: { id } });
    const type = body.data?.node?.["__typename"];
    if (type !== undefined && !found.has(type)) found.set(type, id);
  }
  return found;
}
