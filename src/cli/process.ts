import "reflect-metadata";

import { systemClock } from "../foundation/clock.js";
import { featuresWith, type AddedFeature } from "../graphql/schema.js";
import { administer } from "./administer.js";

/**
 * Does what the arguments ask for with the streams of this process.
 *
 * @returns the exit code, once all is written.
 */
export async function administerProcess(args: readonly string[], added?: AddedFeature): Promise<number> {
  const { stdin, stdout, stderr } = process;
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    // Who reads the first lines of a list and no more has what they want.
    if (code === "EPIPE") process.exit(0);
    stderr.write(`The answer can't be written: ${message}\n`);
    process.exit(1);
  });
  // Nobody has to read how far something is.
  stderr.on("error", () => {});
  const code = await administer(args, {
    features: featuresWith(added),
    clock: systemClock,
    streams: { stdin, stdout, stderr },
  });
  await Promise.all(
    [stdout, stderr].map((stream) => new Promise<void>((written) => stream.write("", () => written()))),
  );
  return code;
}
