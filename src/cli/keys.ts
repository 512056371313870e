import { existsSync } from "node:fs";

import { configFromEnvironment } from "../foundation/config/environment.js";
import { dataFolder, readSecret, secretFileIn } from "../foundation/config/secret-file.js";
import type { Config } from "../foundation/config/config.js";
import { keyringOf, secretKey, type Keyring } from "../foundation/config/signing-keys.js";
import type { CommandResult } from "./command.js";
import { columns } from "./text.js";

/** The keys of a server with these settings, and where they are from; none where its first start makes one. */
export async function keysOf({
  signingKeys,
}: Config): Promise<{ readonly keyring: Keyring | undefined; readonly file: string | undefined }> {
  if (signingKeys !== undefined) return { keyring: signingKeys, file: undefined };
  const file = secretFileIn(dataFolder);
  return { keyring: existsSync(file) ? keyringOf([secretKey(await readSecret(file))]) : undefined, file };
}

/** Lists the keys that tokens are signed and verified with, by what may be known of them. */
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
