import { AssertionError } from "node:assert";

import { getNamedType, isObjectType, type GraphQLSchema } from "graphql";

import { makeSchema } from "../../graphql/schema.js";
import type { TestServer } from "../test-server.js";
import type { Answer, Send } from "../transport.js";
import { comparable } from "./answers.js";
import { nameOf, operationsOf, waysTo, type Operation, type Step, type Values } from "./walk.js";
import { execute, makeTwoWorlds, nodesByType, type Prepare, type TwoWorlds, type WorldOptions } from "./world.js";

/** The application's part of the walk. */
export type InvisibleOptions = {
  /** Makes the application store something about each post, while all of them are visible. */
  readonly prepare?: Prepare;
  /** Values for arguments, by type and name or by type alone: `{ "String topic": ["rain"], Topic: ["RAIN"] }`. */
  readonly scalars?: Values["scalars"];
};

const target = "Post";
const longestWay = 5;
const missing = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";
// Answers that prove nothing.
const useless = ["INTERNAL_SERVER_ERROR", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX", "TIMEOUT"];

/**
 * Expects that no field of an application reveals a post to a viewer who may not see it. It makes two servers that differ
 * only by such posts, and walks every way through an added field to a post and every added root field, with every
 * argument. Each answer must be the same on both, for a user and for anonymous callers.
 *
 * @throws AssertionError with a line for each operation with different answers, and for each way without any post, since
 *   that proves nothing.
 * @throws Error that names an argument for which there are no values.
 */
export async function assertInvisible(
  options: WorldOptions,
  { prepare = async () => {}, scalars = {} }: InvisibleOptions = {},
): Promise<void> {
  const worlds = await makeTwoWorlds(options, prepare);
  try {
    const problems = await problemsOf(worlds, scalars);
    if (problems.length > 0) throw new AssertionError({ message: problems.join("\n") });
  } finally {
    await Promise.all([worlds.present.stop(), worlds.absent.stop()]);
  }
}

async function problemsOf(worlds: TwoWorlds, scalars: Values["scalars"]): Promise<string[]> {
  const { present, absent, viewer, hidden, known } = worlds;
  const { schema } = present;
  const ways = addedWays(schema);
  const operations = operationsOf(schema, target, ways, await valuesFor(worlds, scalars), () => 4);
  const before = await rowsOf(present, hidden);

  // Grouped by their ways: a fix for one operation fixes the others.
  const problems = new Map<string, string>();
  const met = new Set<string>();
  for (const operation of operations) {
    const way = nameOf(operation.way);
    for (const token of [viewer.token, undefined]) {
      const answers = await Promise.all([present, absent].map((api) => answerTo(api, operation, token)));
      const [withThem, without] = answers.map(({ status, text }) => comparable(`${status} ${text.trim()}`, known));
      const of = `${way} with ${JSON.stringify(operation.variables)}`;
      const code = useless.find((each) => withThem!.includes(`"${each}"`));
      if (code !== undefined) problems.set(way, `${of}: ${code}`);
      else if (withThem !== without && !problems.has(way))
        problems.set(way, [of, ...differing(withThem!, without!)].join("\n  "));
      if (metAtTheEnd(operation.way, answers[0]!)) met.add(way);
    }
  }
  for (const way of ways) {
    const name = nameOf(way);
    const isToPost = getNamedType(way.at(-1)!.field.type).name === target;
    if (isToPost && !met.has(name) && !problems.has(name))
      problems.set(name, `${name}: no post was met there; put one there in \`prepare\`, or add to \`scalars\``);
  }
  if ((await rowsOf(present, hidden)) !== before) problems.set("", "Hidden posts were changed by who can't see them");
  return [...problems.values()];
}

/** Returns both answers from a little before their first difference. */
function differing(withThem: string, without: string): string[] {
  let at = 0;
  while (withThem[at] === without[at]) at += 1;
  const around = (answer: string) => `${at > 80 ? "…" : ""}${answer.slice(Math.max(0, at - 80), at + 120)}`;
  return [`with hidden posts: ${around(withThem)}`, `without them: ${around(without)}`];
}

function metAtTheEnd(way: readonly Step[], { body }: Answer): boolean {
  let found: unknown[] = [body.data];
  for (const { field } of way)
    found = found.flatMap((one) => (one as Record<string, unknown> | null)?.[field.name] ?? []);
  return found.some((one) => (one as Record<string, unknown> | null)?.["__typename"] === target);
}

async function rowsOf(api: TestServer, ids: readonly string[]): Promise<string> {
  const of = (table: string, column: string) =>
    execute(api, `select * from ${table} where ${column} in (${ids.map(() => "?").join()}) order by 1, 2`, ids);
  return JSON.stringify([await of("posts", "id"), await of("votes", "post_id")]);
}

/** Returns every way through or past an added field to a post, and each added root field. Queries come first. */
function addedWays(schema: GraphQLSchema): Step[][] {
  const own = makeSchema();
  const isAdded = (type: string, field: string) => {
    const known = own.getType(type);
    return !isObjectType(known) || known.getFields()[field] === undefined;
  };
  const passesAdded = ({ field }: Step) => {
    const type = getNamedType(field.type);
    return isObjectType(type) && Object.keys(type.getFields()).some((name) => isAdded(type.name, name));
  };
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  const ways = waysTo(schema, target, longestWay);
  const through = ways.filter((way) => way.some(({ on, field }) => isAdded(on.name, field.name)));
  const past = ways.filter((way) => way[0]!.on === query && !through.includes(way) && way.some(passesAdded));
  return [query, mutation].flatMap((root) => [...through, ...past].filter(([first]) => first!.on === root));
}

/** Returns values for the arguments of Postern's own fields, and for every id. */
async function valuesFor(
  { present, viewer, shown, hidden, known }: TwoWorlds,
  scalars: Values["scalars"],
): Promise<Values> {
  const send: Send = (query, options) => present.send(query, { token: viewer.token, ...options });
  const { body } = await send("{ posts(first: 3) { pageInfo { startCursor endCursor } } me { id } }");
  const { startCursor, endCursor } = body.data.posts.pageInfo;
  const now = present.clock().toISOString();
  const posts = [...shown, ...hidden, missing];
  const nodes = await nodesByType(send, known);
  return {
    scalars: {
      ID: [...posts, ...[...known].filter((id) => !posts.includes(id)), ""],
      "ID postId": posts,
      Boolean: [true, false],
      DateTime: [now],
      "Int first": [100, 1, 0],
      "Int last": [100, 1],
      "Int offset": [0, 1],
      "String after": [startCursor, endCursor],
      "String before": [endCursor, startCursor],
      "String search": ["lantern", "aardvark"],
      ...scalars,
    },
    together: [],
    base: (coordinate, next) =>
      coordinate === "Query.node" && next !== undefined ? { id: nodes.get(next) ?? missing } : undefined,
    main: {},
  };
}

/** Runs an operation at an instant of its own, so that new rows have the same order in both worlds. */
function answerTo(api: TestServer, { query, variables }: Operation, token: string | undefined): Promise<Answer> {
  api.clock.advance(1);
  return api.send(query, { variables, token });
}
