import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { newFolder } from "./files.js";

/** Whether this machine can build images: as root, with Debian's buildah, from its own packages. */
export const canBuildImages =
  process.getuid?.() === 0 &&
  ["buildah", "dpkg-query", "apt-cache", "unshare"].every((command) => spawnSync(command, ["--version"]).status === 0);

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 }).trim();
const buildah = (...args: string[]): string => run("buildah", ...args);

/** Returns the files of Debian packages and their dependencies, as far as they are installed. */
function filesOf(packages: readonly string[]): string[] {
  const only = ["--installed", ...["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(not)];
  const closure = run("apt-cache", "depends", "--recurse", ...only, ...packages).match(/^[a-z0-9][^\s:]*/gm)!;
  const installed = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n")
    .split("\n")
    .flatMap((line) => (line.startsWith("installed ") ? [line.slice("installed ".length)] : []));
  const needed = new Set(closure);
  const files = run("dpkg-query", "-L", ...new Set(installed.filter((name) => needed.has(name)))).split("\n");
  return files
    .filter((file) => file.startsWith("/") && !/^\/usr\/share\/(doc|man|locale|info|lintian)\//.test(file))
    .map((file) => file.replace(/^\/(bin|sbin|lib|lib64)\//, "/usr/$1/"));
}
const not = (what: string) => `--no-${what}`;

/**
 * Makes a replacement for Node's image from this machine's Debian and a Node from npm, so no image registry is needed.
 *
 * @param packages Debian packages.
 * @param others other files of this machine.
 */
function makeBase(name: string, packages: readonly string[], others: readonly string[]): void {
  const container = buildah("from", "scratch");
  const root = buildah("mount", container);
  for (const folder of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", folder), { recursive: true });
    symlinkSync(`usr/${folder}`, join(root, folder));
  }
  for (const folder of ["proc", "dev", "sys", "root", "run", "tmp", "var/tmp", "usr/local/bin"])
    mkdirSync(join(root, folder), { recursive: true, mode: folder.endsWith("tmp") ? 0o1777 : 0o755 });
  const files = [...filesOf(packages), "/etc/ssl", "/etc/alternatives", "/etc/hosts", ...others];
  const list = join(newFolder(), "files");
  writeFileSync(list, [...new Set(files)].map((file) => `.${file}\0`).join(""));
  // The list has folders too: without --no-recursion, tar would add everything in them.
  const pack = `tar -C / --no-recursion --null -T '${list}' -cf - --ignore-failed-read 2>/dev/null`;
  run("sh", "-c", `${pack} | tar -C '${root}' --keep-directory-symlink -xf -`);
  for (const folder of ["/etc/ssl", "/etc/alternatives", ...others])
    run("sh", "-c", `tar -C / -cf - '.${folder}' | tar -C '${root}' -xf -`);
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n");
  const node = run("npx", "--yes", "--package=node@24", "--", "node", "-p", "process.execPath");
  run("cp", "-a", node, join(root, "usr/local/bin/node"));
  mkdirSync(join(root, "usr/local/lib/node_modules"), { recursive: true });
  run("cp", "-a", join(run("npm", "root", "-g"), "npm"), join(root, "usr/local/lib/node_modules/npm"));
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
  buildah("config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", container);
  buildah("commit", "--rm", container, name);
  onTestFinished(() => void spawnSync("buildah", ["rmi", "--force", name]));
}

const small = ["base-files", "dash", "coreutils", "libstdc++6", "ca-certificates"];
const compilers = ["bash", "sed", "grep", "tar", "findutils", "gzip", "mawk", "python3", "make", "g++"];

/** Returns the machine's npm settings for getting packages, and the files that they name. */
function npmSettings() {
  const get = (name: string) => run("npm", "config", "get", name);
  const named = { cafile: get("cafile"), nodedir: get("nodedir") };
  const set = Object.entries(named).filter(([, value]) => value.startsWith("/"));
  const lines = [...set.map(([name, value]) => `${name}=${value}`), "prefer-offline=true"];
  const headers = named.nodedir.startsWith("/") ? [join(named.nodedir, "include/node")] : [];
  return { text: `${lines.join("\n")}\n`, cache: get("cache"), headers };
}

/** An image's settings for running it. */
type ImageConfig = {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
};

/** An image's files and settings. */
export type Image = { readonly root: string; readonly config: ImageConfig };

/** Builds the Containerfile from the images above. The image is deleted when the test is over. */
export function buildImage(): Image {
  const { text, cache, headers } = npmSettings();
  const npmrc = join(newFolder(), "npmrc");
  writeFileSync(npmrc, text);
  const [buildBase, base, name] = ["build", "node", "server"].map((part) => `localhost/postern-test-${part}`) as [
    string,
    string,
    string,
  ];
  makeBase(buildBase, [...small, ...compilers], ["/usr/bin/cc", "/usr/bin/c++", "/usr/bin/awk", ...headers]);
  makeBase(base, small, []);
  const volumes = [`${cache}:/root/.npm`, `${npmrc}:/root/.npmrc:ro`].flatMap((volume) => ["--volume", volume]);
  const built = spawnSync(
    "buildah",
    ["bud", "--isolation", "chroot", "--format", "docker", "--pull-never", "--no-cache", ...volumes]
      .concat(["--build-arg", `BUILD_IMAGE=${buildBase}`, "--build-arg", `NODE_IMAGE=${base}`])
      .concat(["--tag", name, "--file", "Containerfile", "."]),
    { encoding: "utf8" },
  );
  if (built.status !== 0) throw new Error(`${built.stdout}\n${built.stderr}`);
  const container = buildah("from", "--pull-never", name);
  onTestFinished(() => {
    for (const args of [
      ["rm", container],
      ["rmi", "--force", name],
    ])
      spawnSync("buildah", args);
  });
  const { Docker } = JSON.parse(buildah("inspect", "--type", "image", name)) as { Docker: { config: ImageConfig } };
  return { root: buildah("mount", container), config: Docker.config };
}

/**
 * Runs a command in a container of an image, as the image's user and as process 1. It can write only to its volume and
 * to memory.
 *
 * @param data the folder for the volume.
 */
export function runInImage(
  { root, config }: Image,
  data: string,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const [uid, gid] = config.User.split(":").map(Number);
  chownSync(data, uid!, gid!);
  const at = join(newFolder(), "root");
  mkdirSync(at);
  const [volume] = Object.keys(config.Volumes);
  const script = [
    `mount --bind '${root}' '${at}'`,
    `mount -o remount,bind,ro '${at}'`,
    `mount -t proc proc '${at}/proc'`,
    `mount -t tmpfs tmpfs '${at}/tmp'`,
    `mount --bind '${data}' '${at}${volume}'`,
    `exec chroot --userspec=${uid}:${gid} '${at}' "$@"`,
  ].join(" && ");
  const variables = [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const inside = ["env", "-i", "-C", config.WorkingDir, ...variables, ...command];
  const isolated = ["--mount", "--pid", "--fork", "--kill-child"];
  const child = spawn("unshare", [...isolated, "sh", "-c", script, "sh", ...inside], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
