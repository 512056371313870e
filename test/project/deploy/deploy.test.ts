import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";

import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";

import { startApi, type Api } from "../../support/api.js";
import { newFolder } from "../../support/files.js";

const isThere = (command: string, ...args: string[]) => spawnSync(command, args).error === undefined;
const hasNginx = isThere("nginx", "-v") && isThere("openssl", "version");
const hasCaddy = isThere("caddy", "version") && isThere("openssl", "version");
const hasSystemd = isThere("systemd-analyze", "--version");

/** Returns a file of deploy/ with words replaced. All of them must be in the file. */
function example(name: string, replaced: Readonly<Record<string, string>>): string {
  let text = readFileSync(join("deploy", name), "utf8");
  for (const [from, to] of Object.entries(replaced)) {
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

function makeCertificate(folder: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"];
  execFileSync("openssl", ["req", ...options, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  return { certificate, key };
}

/**
 * Starts a proxy that stays in the foreground, and waits until it accepts connections. Another process may take the free
 * port first: then it starts again on another one.
 *
 * @param argsFor returns the arguments for a port.
 * @returns the port.
 */
async function startProxy(command: string, argsFor: (port: number) => readonly string[]): Promise<number> {
  const port = await freePort();
  const proxy = spawn(command, argsFor(port), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: newFolder() },
  });
  let said = "";
  proxy.stderr.on("data", (chunk) => (said += chunk));
  const ended = once(proxy, "exit");
  onTestFinished(async () => {
    proxy.kill("SIGTERM");
    await ended;
  });
  for (;;) {
    if (proxy.exitCode !== null && /address already in use/i.test(said)) return startProxy(command, argsFor);
    if (proxy.exitCode !== null) throw new Error(`${command} ended: ${said}`);
    const answered = await ask(port, "GET", "/healthz").catch(() => undefined);
    if (answered !== undefined) return port;
  }
}

/** An address on which nobody listens: that of a server which is being restarted. No test is given so low a port. */
const restarting = "127.0.0.1:1";

async function ask(port: number, method: string, path: string, headers: Record<string, string> = {}, body = "") {
  const asked = request({
    port,
    host: "127.0.0.1",
    method,
    path,
    headers,
    servername: "localhost",
    rejectUnauthorized: false,
  });
  const [response] = (await once(asked.end(body), "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text: text.trimEnd() };
}

/** Sends requests of every kind through a proxy, and returns the results. */
async function through(api: Api, port: number) {
  const ada = await api.register("Ada");
  const authorization = `Bearer ${ada.token}`;
  const headers = { authorization, "content-type": "application/json" };
  const post = (query: string, more = {}) =>
    ask(port, "POST", "/graphql", { ...headers, ...more }, JSON.stringify({ query }));
  const operation = await post("{ me { name } }");
  const forOperators = await Promise.all(
    ["/healthz", "/readyz", "/metrics"].map(async (path) => (await ask(port, "GET", path)).status),
  );

  const login = 'mutation { login(input: { email: "nobody@example.com", password: "a wrong guess" }) { accessToken } }';
  await post(login, { "x-forwarded-for": "203.0.113.7" });
  const { address } = api.logged().find(({ event }) => event === "sign-in refused")!;

  const query = "subscription { postEvents { kind } }";
  const url = `wss://127.0.0.1:${port}/graphql`;
  // As a page of the same origin opens it, whose origin has the port.
  const origin = `https://127.0.0.1:${port}`;
  const socket = new WebSocket(url, "graphql-transport-ws", { rejectUnauthorized: false, origin });
  onTestFinished(() => socket.terminate());
  const typeOfNext = async () => JSON.parse(String((await once(socket, "message"))[0])).type;
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
  const acknowledged = await typeOfNext();
  socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query } }));
  const told = await typeOfNext();

  const accept = "text/event-stream";
  const place = { port, host: "127.0.0.1", path: "/graphql", method: "POST", rejectUnauthorized: false };
  const stream = request({ ...place, headers: { ...headers, accept } });
  onTestFinished(() => void stream.destroy());
  stream.on("error", () => {}).end(JSON.stringify({ query }));
  const [streaming] = (await once(stream, "response")) as [IncomingMessage];
  // It comes before there is a second one.
  const streamed = String((await once(streaming, "data"))[0]);
  return { operation, forOperators, address, socket: [acknowledged, told], streamed };
}

const passage = {
  operation: { status: 200, text: '{"data":{"me":{"name":"Ada"}}}' },
  forOperators: [404, 404, 404],
  // Nobody can say that they come from elsewhere.
  address: "127.0.0.1",
  socket: ["connection_ack", "next"],
  streamed: expect.stringContaining("event: next"),
};

const behind = { TRUST_PROXY: "loopback", METRICS: "on" };

test.runIf(hasNginx)("nginx, with deploy/nginx.conf, forwards operations, sockets and streams", async () => {
  const api = await startApi(behind);
  const folder = newFolder();
  const { certificate, key } = makeCertificate(folder);
  mkdirSync(join(folder, "logs"));
  const server = (port: number) =>
    example("nginx.conf", {
      "127.0.0.1:4000": new URL(api.url).host,
      "127.0.0.1:4001": restarting,
      "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
      "/etc/letsencrypt/live/posts.example.com/fullchain.pem": certificate,
      "/etc/letsencrypt/live/posts.example.com/privkey.pem": key,
    });
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const configuration = join(folder, "main.conf");
  const port = await startProxy("nginx", (free) => {
    const http = `access_log off; ${paths.join(" ")}\n${server(free)}`;
    writeFileSync(configuration, `pid ${folder}/pid; daemon off; error_log stderr; events {} http { ${http} }`);
    return ["-p", folder, "-c", configuration];
  });
  expect(await through(api, port)).toEqual(passage);
});

test.runIf(hasCaddy)("Caddy, with deploy/Caddyfile, does the same", async () => {
  const api = await startApi(behind);
  const folder = newFolder();
  const { certificate, key } = makeCertificate(folder);
  const configuration = join(folder, "Caddyfile");
  const port = await startProxy("caddy", (free) => {
    const site = example("Caddyfile", {
      "127.0.0.1:4000": new URL(api.url).host,
      "127.0.0.1:4001": restarting,
      "posts.example.com {": `https://:${free} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`,
    });
    writeFileSync(configuration, `{\n\tadmin off\n\tauto_https off\n\tdefault_sni localhost\n}\n${site}`);
    return ["run", "--adapter", "caddyfile", "--config", configuration];
  });
  expect(await through(api, port)).toEqual(passage);
});

test.runIf(hasSystemd)("systemd accepts deploy/postern.service, which has few rights", () => {
  const file = join(newFolder(), "postern.service");
  writeFileSync(
    file,
    example("postern.service", {
      "/usr/bin/node": process.execPath,
      "/opt/postern/dist/main.js": resolve("dist/main.js"),
    }),
  );
  const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
  // Units of other packages have warnings of their own.
  expect(`${stdout}${stderr}`.split("\n").filter((line) => line.includes("postern.service"))).toEqual([]);
  // In tenths; 10.0 is what a unit has that says nothing.
  const judged = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=15", file], {
    encoding: "utf8",
  });
  expect(judged).toMatchObject({ status: 0 });
});
