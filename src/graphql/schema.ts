import "reflect-metadata";

import { lexicographicSortSchema, printSchema, type GraphQLSchema } from "graphql";
import { buildSchemaSync, getMetadataStorage } from "type-graphql";

import { account } from "../features/account/account.feature.js";
import type { AddedMigration } from "../database/added-migrations.js";
import type { AddedTopics, Topic } from "../database/event-log/event.js";
import { isTopic } from "../database/event-log/publish.js";
import { ownErrorCodes, type ErrorCodes } from "../foundation/errors.js";
import { declareRootFields, type AddedDeclarations } from "./declarations.js";
import { guardRootFields } from "./guard-root-fields.js";
import { NodeResolver, noteNodeSources, type NodeSources } from "./node.resolver.js";
import { startSubscriptionFields } from "./subscription-fields.js";
import { placeRawJson } from "./raw-json-fields.js";
import { post } from "../features/post/post.feature.js";
import { session } from "../features/session/session.feature.js";
import { user } from "../features/user/user.feature.js";

type Class = new () => object;

/** The server's own features. Each has entities and resolvers. */
const features = [user, account, session, post];

/** A feature that an application adds to the server. */
export type AddedFeature = {
  readonly resolvers?: readonly Class[];
  readonly entities?: readonly Class[];
  /** They run after the server's own, in this order. */
  readonly migrations?: readonly AddedMigration[];
  /** The way in which `node` finds the feature's own objects, by their kind of ids, such as `bookmark`. */
  readonly nodes?: NodeSources;
  /** The codes of the feature's errors, each with the HTTP status of a response that has nothing else. */
  readonly errorCodes?: Readonly<Record<string, number>>;
  /** The topics of the events that the feature publishes. Add each to `AddedTopics` too, with its payload. */
  readonly topics?: readonly (keyof AddedTopics)[];
  /** The declarations of root fields whose classes can't be decorated, such as `{ "Query.shelf": { needs: "any" } }`. */
  readonly declarations?: AddedDeclarations;
};

/** All features of a server: its own and those of an application. */
export type Features = {
  readonly resolvers: readonly Class[];
  /** Those of the resolvers that the application added. */
  readonly addedResolvers: readonly Class[];
  readonly entities: readonly Class[];
  readonly migrations: readonly AddedMigration[];
  readonly nodes: NodeSources;
  readonly errorCodes: ErrorCodes;
  readonly topics: ReadonlySet<Topic>;
  readonly declarations: AddedDeclarations;
};

const ownResolvers: readonly Class[] = [NodeResolver, ...features.flatMap((feature): Class[] => feature.resolvers)];

/** The kinds of ids that no application may use: Postern's own, and those of features that are to come. */
const ownIdKinds: ReadonlySet<string> = new Set(
  "user session post audit comment invitation mail media passkey report token upload webhook".split(" "),
);

/** The entities of the server's own features. */
export const entities: readonly Class[] = features.flatMap((feature): Class[] => feature.entities);

const ownTopics: readonly Topic[] = features.flatMap((feature): readonly Topic[] =>
  "topics" in feature ? feature.topics : [],
);

// Those of coming features too.
const reservedTopics = /^(?:post|session|user|comment|mail|media|role|token|webhook)\./;

/**
 * Returns the server's own features with those of an application.
 *
 * @throws Error if a name is taken or not allowed.
 */
export function featuresWith(added: AddedFeature = {}): Features {
  const { resolvers = [], nodes = {}, errorCodes = {}, topics = [], declarations = {} } = added;
  for (const kind of Object.keys(nodes))
    if (!/^[a-z]+$/.test(kind) || ownIdKinds.has(kind))
      throw new Error(
        `nodes: "${kind}" can't be a kind of ids: use a word of lower-case letters that Postern doesn't use`,
      );
  for (const [code, status] of Object.entries(errorCodes))
    if (!/^[A-Z][A-Z_]*$/.test(code) || ownErrorCodes.has(code) || !isStatus(status))
      throw new Error(`errorCodes: ${code} must be a new word of capital letters, and its status 200 or 400 to 599`);
  for (const [index, topic] of topics.entries()) {
    if (!isTopic(topic) || reservedTopics.test(topic))
      throw new Error(
        `topics: "${topic}" can't be a topic: use two new words of lower-case letters, such as "review.created"`,
      );
    if (topics.indexOf(topic) < index) throw new Error(`topics: there are two named "${topic}"`);
  }
  const names = (added.migrations ?? []).map(({ name }) => name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) throw new Error(`migrations: there are two named "${name}"`);
  return {
    resolvers: [...ownResolvers, ...resolvers],
    addedResolvers: resolvers,
    entities: [...entities, ...(added.entities ?? [])],
    migrations: added.migrations ?? [],
    nodes,
    errorCodes: new Map([...ownErrorCodes, ...Object.entries(errorCodes)]),
    topics: new Set([...ownTopics, ...topics]),
    declarations,
  };
}

/**
 * Joins several features of an application into one. Their migrations run in this order.
 *
 * @throws Error if two have a kind of ids, an error code or a declaration in common.
 */
export function joinFeatures(...added: readonly AddedFeature[]): AddedFeature {
  const all = <Part>(partsOf: (feature: AddedFeature) => readonly Part[]) => added.flatMap(partsOf);
  return {
    resolvers: all(({ resolvers = [] }) => resolvers),
    entities: all(({ entities: own = [] }) => own),
    migrations: all(({ migrations = [] }) => migrations),
    nodes: merged(
      "nodes",
      all(({ nodes = {} }) => Object.entries(nodes)),
    ),
    errorCodes: merged(
      "errorCodes",
      all(({ errorCodes = {} }) => Object.entries(errorCodes)),
    ),
    topics: all(({ topics = [] }) => topics),
    declarations: merged(
      "declarations",
      all(({ declarations = {} }) => Object.entries(declarations)),
    ),
  };
}

function merged<Value>(of: "nodes" | "errorCodes" | "declarations", entries: readonly (readonly [string, Value])[]) {
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new Error(`${of}: two features have "${twice}"`);
  return Object.fromEntries(entries);
}

const isStatus = (status: number) => status === 200 || (Number.isInteger(status) && status >= 400 && status < 600);

const made: { readonly parts: readonly unknown[]; readonly schema: GraphQLSchema }[] = [];

/**
 * Returns the executable schema. It has no state, so a process needs only one. `schema.graphql` is its printed form.
 *
 * @throws Error for a root field that is there twice, or a declaration that can't work.
 */
export function makeSchema(of = featuresWith()): GraphQLSchema {
  const parts = partsOf(of);
  const known = made.find((one) => isSame(one.parts, parts));
  if (known !== undefined) return known.schema;
  const schema = buildSchema(of);
  made.push({ parts, schema });
  return schema;
}

/** Returns everything that a schema is made of. */
const partsOf = ({ resolvers, nodes, errorCodes, topics, declarations }: Features): readonly unknown[] => [
  ...resolvers,
  ...Object.entries(nodes).flatMap(([kind, { type, find }]) => [kind, type, find]),
  ...errorCodes.keys(),
  ...topics,
  JSON.stringify(declarations),
];

const isSame = (one: readonly unknown[], other: readonly unknown[]) =>
  one.length === other.length && one.every((member, index) => member === other[index]);

function buildSchema({ resolvers, addedResolvers, nodes, errorCodes, topics, declarations }: Features): GraphQLSchema {
  forgetFormerSchemas();
  refuseSameNames(resolvers);
  const schema = buildSchemaSync({
    resolvers: resolvers as [Class, ...Class[]],
    orphanedTypes: Object.values(nodes).map(({ type }) => type),
    validate: false,
    // It would run an introspection query, which takes longer than all the rest here. A test does that for our own schema.
    skipCheck: addedResolvers.length === 0 && Object.keys(nodes).length === 0,
    // Required for subscriptions, which follow the event log instead.
    pubSub: { publish: unused, subscribe: unused },
  });
  // type-graphql has no place for these.
  schema.getQueryType()!.description = "What can be read. Nothing here changes anything.";
  schema.getMutationType()!.description = "What changes something. The fields of an operation run one after the other.";
  schema.getSubscriptionType()!.description = "What happens, as it happens. It ends with the session that asked.";
  declareRootFields(schema, { own: ownResolvers, added: addedResolvers, declarations, errorCodes });
  startSubscriptionFields(schema, resolvers, topics);
  placeRawJson(schema);
  guardRootFields(schema, errorCodes);
  noteNodeSources(schema, nodes);
  return schema;
}

/** type-graphql adds the fields of resolvers to types of the process, and the next schema would have them too. */
function forgetFormerSchemas(): void {
  const { objectTypes, interfaceTypes } = getMetadataStorage();
  for (const type of [...objectTypes, ...interfaceTypes]) delete type.fields;
}

/** type-graphql would take the last of two root fields of one name without an error. */
function refuseSameNames(resolvers: readonly Class[]): void {
  const { queries, mutations, subscriptions } = getMetadataStorage();
  for (const fields of [queries, mutations, subscriptions]) {
    const names = new Set<string>();
    for (const { target, schemaName } of fields.filter((field) => resolvers.includes(field.target as Class))) {
      if (names.has(schemaName)) throw new Error(`${target.name}: there is a root field "${schemaName}" already`);
      names.add(schemaName);
    }
  }
}

function unused(): never {
  throw new Error("subscriptions follow the event log");
}

/** Returns the schema in GraphQL's own language, sorted, so that moving code changes nothing. */
export function printedSchema(of?: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(of ?? makeSchema()))}\n`;
}
