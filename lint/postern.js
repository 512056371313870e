// The project's own lint rules, as an ESLint plugin that oxlint loads.
import { dirname, posix, relative } from "node:path";

/** The linted file's path below a folder, with slashes; undefined outside of it. */
function placeIn(folder, context) {
  const path = relative(context.cwd, context.filename).replaceAll("\\", "/");
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

const ambientMembers = {
  Date: ["now"],
  performance: ["now", "timeOrigin"],
  process: ["hrtime", "uptime"],
  Temporal: ["Now"],
};
const ambientCalls = new Set(["Date", "setTimeout", "setInterval"]);

const noAmbientTime = {
  meta: {
    docs: {
      description: "Time is a parameter: clock.ts alone reads it, in src and in explorer, and the client's own.",
    },
    messages: { ambient: "{{ what }} goes by the ambient clock: take a Clock, or the instant, as an argument." },
  },
  create(context) {
    const place = placeIn("src", context) ?? placeIn("explorer", context);
    if (place === undefined || place === "clock.ts" || place === "client/clock.ts") return {};
    const report = (node, what) => context.report({ node, messageId: "ambient", data: { what } });
    return {
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (node.object.type === "Identifier" && ambientMembers[node.object.name]?.includes(name))
          report(node, `${node.object.name}.${name}`);
      },
      NewExpression(node) {
        if (node.callee.name === "Date" && node.arguments.length === 0) report(node, "new Date()");
      },
      CallExpression(node) {
        if (ambientCalls.has(node.callee.name)) report(node, `${node.callee.name}()`);
      },
      ImportDeclaration(node) {
        if (/^(node:)?(timers|perf_hooks)(\/|$)/.test(node.source.value)) report(node, node.source.value);
      },
    };
  },
};

/** From the process down to what knows nobody; the first pattern that fits says the layer. Src has no other files. */
const layers = [
  // Runs in browsers, and is made of nothing of the server.
  { name: "client", files: /^client\// },
  { name: "main", files: /^main\.ts$/ },
  { name: "testing", files: /^testing\// },
  { name: "index", files: /^index\.ts$/ },
  { name: "admin", files: /^admin\// },
  { name: "process", files: /^process\// },
  { name: "server", files: /^server\// },
  { name: "live", files: /^live\// },
  { name: "http", files: /^http\// },
  { name: "schema", files: /^schema\.ts$/ },
  { name: "feature", files: /\.feature\.ts$/ },
  { name: "resolver", files: /\.(resolver|connection)\.ts$/ },
  { name: "create-context", files: /^create-context\.ts$/ },
  { name: "operation", files: /^operation\// },
  { name: "service", files: /^(post|account|session|user)\/(?!.*\.entity\.ts$)/ },
  { name: "context", files: /^context\.ts$/ },
  { name: "auth", files: /^auth\.ts$/ },
  { name: "paging", files: /^paging\// },
  { name: "event-log", files: /^event-log\// },
  { name: "database", files: /^database\/(?!instant\.type\.ts$)/ },
  { name: "entity", files: /\.entity\.ts$/ },
  { name: "migration", files: /^migrations\// },
  { name: "tracing", files: /^tracing\// },
  { name: "config", files: /^config\// },
  { name: "metrics", files: /^metrics\// },
  { name: "foundation", files: /^(clock|date-time|errors|id|log|node\.type|validation|database\/instant\.type)\.ts$/ },
];

/** Layers that stand beside each other, so that neither may import the other though one is listed first. */
const strangers = new Set([
  "main → testing",
  "main → index",
  "testing → index",
  "testing → admin",
  "testing → process",
  "index → process",
  "live → schema",
  "live → feature",
  "live → resolver",
  "http → schema",
  "http → feature",
  "http → resolver",
  "operation → service",
  "auth → paging",
  "auth → database",
  "database → entity",
  "entity → migration",
]);

/** Which features a feature may import: what it adds to another's types, it adds from its own folder. */
const features = {
  post: ["post", "user"],
  account: ["account", "session", "user"],
  session: ["session", "user"],
  user: ["user"],
};

/** What is wrong with `from` importing `to`, both below src; undefined where nothing is. */
function objection(from, to) {
  const [upper, lower] = [from, to].map((place) => layers.findIndex(({ files }) => files.test(place)));
  if (upper === -1 || lower === -1) return "stands in no layer: give it one in lint/postern.js";
  const step = `${layers[upper].name} → ${layers[lower].name}`;
  if (lower < upper || strangers.has(step) || (upper === 0 && lower > 0)) return `goes against the direction: ${step}`;
  const [feature, other] = [from, to].map((place) => place.split("/")[0]);
  if (feature in features && other in features && !features[feature].includes(other))
    return `goes from feature to feature: ${feature} → ${other}`;
  return undefined;
}

const dependencyDirection = {
  meta: {
    docs: { description: "Imports go one way: from the process down to values, and between features as listed." },
    messages: { direction: "This import {{ objection }}" },
  },
  create(context) {
    const from = placeIn("src", context);
    if (from === undefined) return {};
    const check = (node) => {
      const target = node.source?.value;
      if (typeof target !== "string" || !target.startsWith(".")) return;
      const to = posix.normalize(posix.join(dirname(from), target)).replace(/\.js$/, ".ts");
      const problem = to.startsWith("..") ? "leaves src" : objection(from, to);
      if (problem !== undefined) context.report({ node, messageId: "direction", data: { objection: problem } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

export default {
  meta: { name: "postern" },
  rules: { "no-ambient-time": noAmbientTime, "dependency-direction": dependencyDirection },
};
