import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The machine of a stranger: folders, and programs of certain versions. */
export type Machine = ReturnType<typeof machineWith>;

/** Prints a problem and exits. */
export function refuse(problem: string): never {
  console.error(problem);
  process.exit(1);
}

// More than the longest command takes, which compiles sqlite3.
const timeoutMilliseconds = 600_000;

/** Makes a temporary folder, which is deleted when the process ends. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Makes a machine.
 *
 * @param tools packages that bring its programs, such as `node@24`.
 * @param settings npm's and yarn's, beside those that keep a run short.
 */
export function machineWith(tools: readonly string[], settings: Readonly<Record<string, string>>) {
  const toolFolder = temporaryFolder("tools");
  const path = [join(toolFolder, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
  // npm's variables for this script would change how the stranger's npm behaves.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS)/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    PATH: path,
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_prefer_offline: "true",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_ENABLE_TELEMETRY: "false",
    ...settings,
  };

  /** Runs a command in a folder and returns what it printed. If it fails, prints its output and exits. */
  const run = (folder: string, command: string, ...args: string[]): string => {
    const began = performance.now();
    const options = { cwd: folder, env, encoding: "utf8", timeout: timeoutMilliseconds } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${[command, ...args].join(" ")}: ${status === 0 ? `${seconds} s` : "failed"}`);
    return status === 0 ? stdout + stderr : refuse(stdout + stderr);
  };

  if (tools.length > 0) {
    writeFileSync(join(toolFolder, "package.json"), "{}");
    // This machine's npm runs the script that installs Node.
    run(toolFolder, "npm", "install", "--ignore-scripts=false", ...tools);
  }
  return { path, run, start: (server: Server) => start(server, path) };
}

type Server = {
  readonly folder: string;
  readonly command: readonly [string, ...string[]];
  readonly settings: Readonly<Record<string, string>>;
  /** Finds the URL in what the server prints. */
  readonly ready: RegExp;
};

/** Starts a server, waits until it answers, and stops it. */
async function start({ folder, command, settings, ready }: Server, path: string): Promise<void> {
  const [file, ...args] = command;
  const child = spawn(file, args, { cwd: folder, env: { PATH: path, ...settings }, detached: true });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (chunk) => (said += String(chunk)));
  const url = await new Promise<string | undefined>((found) => {
    child.stdout.on("data", () => ready.test(said) && found(ready.exec(said)![1]));
    child.once("exit", () => found(undefined));
  });
  const name = command.join(" ");
  if (url === undefined) refuse(`${name} ended: ${said}`);
  const body = JSON.stringify({ query: "{ me { id } }" });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const text = await answer.text();
  if (answer.status !== 401 || !text.includes("TOKEN_MISSING")) refuse(`${name} answered ${answer.status}: ${text}`);
  // The whole group is signalled, as by a terminal, and is closed once all of it has ended. npm itself ends by the signal.
  const closed = once(child, "close");
  process.kill(-child.pid!, "SIGTERM");
  const [code, signal] = await closed;
  if (code !== 0 && !(file === "npm" && (signal === "SIGTERM" || code === 143)))
    refuse(`${name} ended with ${code} at SIGTERM: ${said}`);
  console.log(`${name}: answers, and ends at SIGTERM`);
}
