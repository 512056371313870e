// The project's own lint rules, as an ESLint plugin that oxlint loads.
import { dirname, posix, relative } from "node:path";

import { doors, exceptions, featureImports, wings } from "./wings.js";

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
      description:
        "Time is a parameter: foundation/clock.ts reads the clock, and those of the explorer and the client.",
    },
    messages: { ambient: "{{ what }} goes by the ambient clock: take a Clock, or the instant, as an argument." },
  },
  create(context) {
    const place = placeIn("src", context) ?? placeIn("explorer", context);
    const clocks = ["foundation/clock.ts", "client/clock.ts", "clock.ts"];
    if (place === undefined || clocks.includes(place)) return {};
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

const order = [...doors, ...wings].map(({ name }) => name);
const placeOf = (path) => order.indexOf(path.split("/")[0]);
const featureOf = (path) => path.match(/^features\/([^/]+)\//)?.[1];

/** Why `from` may not import `to`, both below src. Undefined if it may. */
function objection(from, to) {
  const [upper, lower] = [placeOf(from), placeOf(to)];
  if (upper === -1 || lower === -1) return "is in no wing: src has those of lint/wings.js";
  if (lower < upper) return `goes up: from ${order[upper]} to ${order[lower]}`;
  const exception = exceptions.find((rule) => rule.from.test(from) && rule.to.test(to));
  if (exception !== undefined) return `is an exception: ${exception.why}`;
  const [feature, other] = [featureOf(from), featureOf(to)];
  const mayImport = feature === undefined || other === feature || featureImports[feature]?.includes(other);
  if (other !== undefined && !mayImport) return `goes from feature to feature: ${feature} → ${other}`;
  return undefined;
}

const dependencyDirection = {
  meta: {
    docs: { description: "Imports go one way: from wing to wing, and between features as listed in wings.js." },
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
