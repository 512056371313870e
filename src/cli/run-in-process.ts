import "reflect-metadata";

import { systemClock } from "../foundation/clock.js";
import type { CommandDeps } from "./command.js";
import { runCommand } from "./run-command.js";

/**
 * Runs a command with the streams of this process.
 *
 * @returns the exit code, once everything is written.
 */
export async function runInProcess(
  args: readonly string[],
  loadFeatures: CommandDeps["loadFeatures"],
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    // A reader such as `head` has read all it wants.
    if (code === "EPIPE") process.exit(0);
    stderr.write(`The result can't be written: ${message}\n`);
    process.exit(1);
  });
  // Nobody has to read the progress.
  stderr.on("error", () => {});
  const code = await runCommand(args, {
    loadFeatures,
    clock: systemClock,
    streams: { stdin, stdout, stderr },
  });
  await Promise.all(
    [stdout, stderr].map((stream) => new Promise<void>((written) => stream.write("", () => written()))),
  );
  return code;
}
