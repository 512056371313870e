import "reflect-metadata";

import { systemClock } from "../clock.js";
import { featuresWith, type AddedFeature } from "../schema.js";
import { administer } from "./administer.js";

/**
 * Does what the arguments ask for with the streams of this process.
 *
 * @returns the exit code, once all is written.
 */
export async function administerProcess(args: readonly string[], added?: AddedFeature): Promise<number> {
  const { stdin, stdout, stderr } = process;
  // Who reads the first lines of a list and no more has what they want.
  stdout.on("error", () => process.exit(0));
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
