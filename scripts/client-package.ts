import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

type Manifest = {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
} & Readonly<Record<"homepage" | "bugs" | "license" | "repository", unknown>>;

/** Packages that an entry needs beside ours. An application that imports the entry has them. */
const peers = ["@apollo/client", "@urql/core", "graphql", "graphql-ws"];

const below = (file: string) => file.replace("./dist/client/", "./");

/** Returns the package.json of `postern-client`, whose entries are those of `postern/client` in the server's package. */
function manifestOf({ version, homepage, bugs, license, repository, ...server }: Manifest) {
  const versions = { ...server.dependencies, ...server.peerDependencies };
  const entries = Object.entries(server.exports).flatMap(([path, entry]) =>
    typeof entry === "object" && /^\.\/client(\/|$)/.test(path)
      ? [[path.replace("./client", "."), { types: below(entry.types), default: below(entry.default) }] as const]
      : [],
  );
  return {
    name: "postern-client",
    version,
    description: "Keeps a session of a Postern server alive: signs requests, renews tokens, reports the end.",
    homepage,
    bugs,
    license,
    repository,
    type: "module",
    sideEffects: false,
    exports: { ...Object.fromEntries(entries), "./package.json": "./package.json" },
    peerDependencies: Object.fromEntries(peers.map((name) => [name, versions[name]])),
    peerDependenciesMeta: Object.fromEntries(peers.map((name) => [name, { optional: true }])),
  };
}

/** Packs the built client as `postern-client` and returns the path of the tarball. */
export function packClient(destination: string): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-client-"));
  try {
    cpSync("dist/client", folder, { recursive: true, filter: (file) => !file.endsWith(".map") });
    cpSync("docs/clients/postern-client.md", join(folder, "README.md"));
    cpSync("LICENSE", join(folder, "LICENSE"));
    const server = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
    writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifestOf(server), null, 2)}\n`);
    const to = resolve(destination);
    const args = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", to];
    const { status, stdout, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${stderr}`);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return join(to, filename);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
