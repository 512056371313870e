import type { Random } from "../src/cli/seed/random.js";
import type { Recorder } from "./recorder.js";

/** Operations that share a server and a database, both new at its beginning. */
export type Chapter = {
  readonly name: string;
  /** Settings of the server, beside those that every chapter has. */
  readonly settings: Readonly<Record<string, string>>;
  /** Text of files that the settings name, by the setting. */
  readonly files?: Readonly<Record<string, string>>;
  readonly run: (recorder: Recorder, random: Random, tools: Tools) => Promise<void>;
};

/** The means of a chapter beside the server's endpoint. */
export type Tools = {
  readonly runStatement: (statement: string) => Promise<void>;
  readonly stopServer: () => Promise<void>;
};
