import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { DockerfileParser, type Instruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { parse } from "yaml";

import { settings } from "../../../src/foundation/config/setting-list.js";
import { newFolder } from "../../support/files.js";
import { buildImage, canBuildImages, runInImage } from "../../support/image.js";
import { freePort } from "../../support/postgres-server.js";
import { ask } from "../../support/process.js";

const containerfile = readFileSync("Containerfile", "utf8");
const instructions = DockerfileParser.parse(containerfile).getInstructions();
const all = (keyword: string): Instruction[] => instructions.filter((one) => one.getKeyword() === keyword);
const said = (keyword: string): string[] => all(keyword).map((one) => one.getArgumentsContent() ?? "");

test("the Containerfile passes its linter", () => {
  expect(validate(containerfile)).toEqual([]);
});

test("the image runs as a user that isn't root, and starts the server without a shell", () => {
  const lastStage = instructions.slice(instructions.indexOf(all("FROM").at(-1)!)).map((one) => one.getKeyword());
  expect(lastStage).toEqual(expect.arrayContaining(["USER", "HEALTHCHECK", "CMD", "VOLUME"]));
  expect(said("USER")).toEqual(["1000:1000"]);
  expect(said("CMD").map((text) => JSON.parse(text))).toEqual([["node", "dist/main.js"]]);
});

test("the image releases memory as the unit does", () => {
  const unit = /^Environment=(MALLOC_.*)$/m.exec(readFileSync("deploy/postern.service", "utf8"))![1];
  expect(said("ENV")).toContain(unit);
});

test("the base images name the line of Node, and the copied files are named one by one", () => {
  expect(said("ARG").map((text) => text.replace(/.*=/, ""))).toEqual([
    "docker.io/library/node:24-bookworm",
    "docker.io/library/node:24-bookworm-slim",
  ]);
  expect(said("FROM")).toEqual(["${BUILD_IMAGE} AS build", "${NODE_IMAGE}"]);
  expect(said("ADD")).toEqual([]);
  const [nothing, ...taken] = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(nothing).toBe("*");
  // A folder is taken with all that lies in it.
  for (const line of taken) expect(line).toMatch(/^!(src|explorer|scripts\/\w+\.mjs|[\w.-]+\.json|LICENSE)$/);
});

test("the compose file waits for the database, contains no secret and names existing settings", () => {
  const text = readFileSync("deploy/compose.yaml", "utf8");
  type Service = {
    readonly environment: Record<string, string>;
    readonly healthcheck?: object;
    readonly depends_on?: Record<string, { readonly condition: string }>;
    readonly secrets?: readonly string[];
    readonly ports?: readonly string[];
    readonly read_only?: boolean;
    readonly stop_grace_period?: string;
  };
  const { services, secrets } = parse(text) as {
    services: Record<"postern" | "postgres", Service>;
    secrets: Record<string, { readonly file: string }>;
  };
  const { postern, postgres } = services;
  expect(postern.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
  expect(postgres.healthcheck).toBeDefined();
  expect(postern.read_only).toBe(true);
  expect(Object.keys(secrets)).toEqual(postern.secrets);
  expect(postern.environment["JWT_PRIVATE_KEY"]).toBe(`/run/secrets/${postern.secrets![0]}`);
  expect(Object.keys(settings)).toEqual(expect.arrayContaining(Object.keys(postern.environment)));
  // Everything that is secret comes from elsewhere, and nothing runs without it.
  for (const [name, value] of Object.entries({ ...postern.environment, ...postgres.environment }))
    if (/PASSWORD|DATABASE_URL/.test(name)) expect(value).toMatch(/\$\{POSTGRES_PASSWORD:\?/);
  // The database is nobody's but the server's, and the server is the proxy's.
  expect(postgres.ports).toBeUndefined();
  expect(postern.ports).toEqual(["127.0.0.1:4000:4000"]);
  const grace = Number.parseInt(settings.SHUTDOWN_GRACE.preset, 10);
  expect(Number.parseInt(postern.stop_grace_period!, 10)).toBeGreaterThan(grace);
});

// To compile sqlite3 takes longer than all other tests of this kind together.
test.runIf(process.env["TEST_CONTAINER"] !== undefined && canBuildImages)(
  "the image builds, and its server runs on a read-only file system and stops at SIGTERM",
  { timeout: 900_000 },
  async () => {
    const image = buildImage();
    const { root, config } = image;
    expect(config).toMatchObject({ User: "1000:1000", WorkingDir: "/opt/postern", Volumes: { "/data": {} } });
    expect(readdirSync(join(root, "opt/postern")).toSorted()).toEqual([
      "LICENSE",
      "dist",
      "node_modules",
      "package.json",
    ]);
    expect(existsSync(join(root, "opt/postern/node_modules/typescript"))).toBe(false);

    const [data, port] = [newFolder(), await freePort()];
    const env = { HOST: "127.0.0.1", PORT: String(port), JWT_SECRET: "of the test: 0123456789abcdef0123456789" };
    const server = runInImage(image, data, config.Cmd, env);
    const text = { out: "", err: "" };
    server.stdout!.on("data", (chunk) => (text.out += chunk));
    server.stderr!.on("data", (chunk) => (text.err += chunk));
    const ended = once(server, "exit");
    while (!text.out.includes('"msg":"ready"')) {
      await Promise.race([once(server.stdout!, "data"), ended]);
      if (server.exitCode !== null) throw new Error(`ended: ${text.err}${text.out}`);
    }
    const registered = await ask(
      `http://127.0.0.1:${port}/graphql`,
      'mutation { register(input: { name: "A", email: "a@example.com", password: "correct horse battery" }) { accessToken } }',
    );
    expect(registered.errors).toBeUndefined();
    expect(readdirSync(data)).toContain("postern.sqlite");

    const [, ...check] = config.Healthcheck.Test;
    const isHealthy = async () => (await once(runInImage(image, data, check, env), "exit"))[0] === 0;
    expect(await isHealthy()).toBe(true);
    const writes = 'require("node:fs").writeFileSync("/opt/postern/dist/x", "")';
    const [written] = await once(runInImage(image, data, ["node", "-e", writes], env), "exit");
    expect(written).not.toBe(0);

    // The first process of its kind is told by the kernel of no signal that it doesn't ask for.
    const [first] = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").split(" ");
    process.kill(Number(first), "SIGTERM");
    expect((await ended)[0]).toBe(0);
    expect(text.out).toContain('"msg":"stopped"');
    expect(await isHealthy()).toBe(false);
  },
);
