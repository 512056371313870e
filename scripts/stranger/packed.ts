import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { secretsIn } from "../supply-chain/secrets.js";
import { brokenLinks } from "./links.js";

const stray = /\.map$|\.postern-built$|^(src|test)\/|^dist\/.*\.test\.|node_modules\/|package-lock\.json$|__pycache__/;

/** Packs the package, and returns the path of the tarball and of the files in it. */
export function pack(destination: string): { readonly tarball: string; readonly files: readonly string[] } {
  const args = ["pack", "--json", "--silent", "--pack-destination", destination];
  const { stdout } = spawnSync("npm", args, { encoding: "utf8" });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  return { tarball: join(destination, packed!.filename), files: packed!.files.map(({ path }) => path) };
}

/** Returns what is wrong with the files of the package. */
export function mistakesIn(files: readonly string[]): string[] {
  return [
    ...files.filter((file) => stray.test(file)).map((file) => `The package has a file that nobody needs: ${file}`),
    ...files.flatMap((file) =>
      secretsIn(readFileSync(file, "latin1")).map((one) => `The package has what looks like a secret: ${file}, ${one}`),
    ),
    ...brokenLinks(files).map((one) => `A link leads to nothing that is in the package: ${one}`),
  ];
}
