import { PassThrough } from "node:stream";

import { runCommand } from "../../src/cli/run-command.js";
import type { Streams, CommandDeps } from "../../src/cli/command.js";
import { systemClock } from "../../src/foundation/clock.js";
import { featuresWith, type Features } from "../../src/graphql/schema.js";
import type { Ended } from "./process.js";

/** Cheap hashing, for tests of something else. */
const passwordCost = { memoryCost: 1024, timeCost: 1, parallelism: 1 };

/** A command's surroundings, in addition to its arguments. */
export type Given = Partial<Omit<CommandDeps, "streams" | "loadFeatures">> & {
  /** The features of an application and the server's own; only these by default. */
  readonly features?: Features;
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The whole content of standard input. */
  readonly stdin?: string | Buffer;
  /** The lines that a user at a terminal types, one for each question; `^C` interrupts. */
  readonly types?: readonly string[];
  /** Runs before each answer is typed. */
  readonly beforeTyping?: () => void;
};

/**
 * Runs `postern` with these arguments in this process, in `folder` and with the environment `env` only. One at a time,
 * since the folder and the environment are the process's.
 */
export async function postern(args: readonly string[], given: Given = {}): Promise<Ended & { readonly json: any }> {
  const { folder, env = {}, stdin, types, beforeTyping, features = featuresWith(), ...surroundings } = given;
  const text = { out: "", err: "" };
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  streams.stdout.on("data", (chunk) => (text.out += String(chunk)));
  const lines = [...(types ?? [])];
  streams.stderr.on("data", (chunk) => {
    const said = String(chunk);
    text.err += said;
    // The end of a question.
    if (/(\?|\]|:) $/.test(withoutMoves(said)) && lines.length > 0) {
      beforeTyping?.();
      const line = lines.shift()!;
      streams.stdin.write(line === "^C" ? "\u0003" : `${line}\n`);
    }
  });
  if (types === undefined) streams.stdin.end(stdin ?? "");
  else {
    Object.assign(streams.stdin, { isTTY: true, setRawMode: () => streams.stdin });
    Object.assign(streams.stderr, { isTTY: true });
  }

  const before = { folder: process.cwd(), env: process.env };
  if (folder !== undefined) process.chdir(folder);
  process.env = { ...env };
  try {
    const code = await runCommand(args, {
      loadFeatures: async () => features,
      clock: systemClock,
      passwordCost,
      ...surroundings,
      streams: streams as unknown as Streams,
    });
    await new Promise((done) => setImmediate(done));
    const json = args.includes("--json") ? JSON.parse(text.out) : undefined;
    return { code, out: text.out, err: text.err, json };
  } finally {
    process.chdir(before.folder);
    process.env = before.env;
  }
}

/** Removes the sequences that move a terminal's cursor. */
// oxlint-disable-next-line no-control-regex -- the sequences begin with a control character
const withoutMoves = (text: string): string => text.replaceAll(/\u001B\[[\d;]*[A-Z]/gi, "");
