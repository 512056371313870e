// The order of imports in src, stated once: the lint rule enforces it, and a test compares docs/architecture.md with it.

/** The wings from top to bottom. A file imports from its own wing and from those below it. */
export const wings = [
  { name: "cli", what: "the command `postern`" },
  { name: "server", what: "the process, HTTP, sockets and streams, monitoring" },
  { name: "graphql", what: "from a request to its result: schema, context, limits, execution, errors" },
  { name: "features", what: "accounts, sessions, users, posts: a folder each" },
  { name: "kit", what: "what a feature is made with: context, guards, paging, ids, validation" },
  { name: "database", what: "engines, reader, transactions, event log, migrations; knows no feature" },
  { name: "foundation", what: "configuration, log, metrics, tracing, errors, clock, queues and deadlines" },
];

/** The entrances. Nothing in a wing imports one. */
export const doors = [
  { name: "main.ts", what: "the command's file" },
  { name: "testing", what: "the test kit: `postern/testing`" },
  { name: "index.ts", what: "the package: `createServer()` with your own features" },
  { name: "client", what: "the client for browsers: `postern/client`" },
];

/** Imports that go down and are rejected all the same. */
export const exceptions = [
  { from: /^client\//, to: /^(?!client\/)/, why: "the client runs in browsers" },
  { from: /^(?!client\/)/, to: /^client\//, why: "the server needs no client" },
  { from: /^main\.ts$/, to: /^(testing\/|index\.ts$)/, why: "the command is not a user of the package" },
  {
    from: /^testing\//,
    to: /^(index\.ts$|cli\/|server\/process\/)/,
    why: "tests run in one process, without a command",
  },
  { from: /^index\.ts$/, to: /^server\/process\//, why: "an application has a process of its own" },
  {
    from: /^features\/(?!.*\.entity\.ts$)/,
    to: /^database\/(sqlite|postgresql|migrations)\//,
    why: "a feature works on every database",
  },
  {
    from: /\.entity\.ts$/,
    to: /\.(service|reads|resolver|type|feature)\.ts$/,
    why: "an entity is a row and nothing else",
  },
];

/** The features that each feature may import. What it adds to another's types, it adds from its own folder. */
export const featureImports = {
  post: ["user"],
  account: ["session", "user"],
  session: ["user"],
  user: [],
};
