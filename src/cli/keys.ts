import { existsSync } from "node:fs";

import { configFromEnvironment } from "../foundation/config/environment.js";
import { dataFolder, readSecret, secretFileIn } from "../foundation/config/secret-file.js";
import type { Config } from "../foundation/config/config.js";
import { keyringOf, secretKey, type Keyring } from "../foundation/config/signing-keys.js";
import type { CommandResult } from "./command.js";
import { columns } from "./text.js";

/**
 * Returns the keys that a server with these settings would use, and the file that holds them if the settings don't.
 * There are no keys before the first start has made one.
 */
export async function keysOf({
  signingKeys,
}: Config): Promise<{ readonly keyring: Keyring | undefined; readonly file: string | undefined }> {
  if (signingKeys !== undefined) return { keyring: signingKeys, file: undefined };
  const file = secretFileIn(dataFolder);
  return { keyring: existsSync(file) ? keyringOf([secretKey(await readSecret(file))]) : undefined, file };
}

/** Lists the keys that sign and verify tokens, without their secrets. */
export async function listKeys(): Promise<CommandResult> {
  const { keyring, file } = await keysOf(configFromEnvironment().config);
  const keys = [...(keyring?.byId.values() ?? [])].map(({ id, algorithm }) => ({
    kid: id,
    algorithm,
    signs: id === keyring!.newest.id,
    from: file ?? (algorithm === "HS256" ? "JWT_SECRET" : "JWT_PRIVATE_KEY"),
  }));
  const rows = keys.map(({ kid, algorithm, signs, from }) => [kid, algorithm, signs ? "signs" : "verifies only", from]);
  return {
    json: { keys },
    text: keys.length === 0 ? `There is none yet: the first start makes one, in ${file}` : columns(rows),
  };
}
