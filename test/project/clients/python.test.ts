import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { describe, expect, onTestFinished, test } from "vitest";

import { startApi, type Api } from "../../support/api.js";

const minutes = 60_000;

const python = ["python3", "/usr/bin/python3"].find((file) => spawnSync(file, ["-c", "import requests"]).status === 0);
if (python === undefined)
  console.warn("Not tested: the Python client, since there is no requests (apt-get install python3-requests)");

/** Runs what each line of its input says, and prints the result as a line. */
const program = `
import json, sys
from concurrent.futures import ThreadPoolExecutor
sys.dont_write_bytecode = True
sys.path.insert(0, "docs/clients")
from postern_session import GraphQLError, SessionAuth, SessionEnded, execute

def ask(query):
    try:
        return execute(url, query, auth=auth)
    except SessionEnded as end:
        return f"ended: {end.reason}"
    except GraphQLError as error:
        return error.code
    except Exception as error:
        return f"failed: {error}"

for line in sys.stdin:
    command, argument = json.loads(line)
    if command == "sign in":
        url, tokens = argument
        auth = SessionAuth(url, tokens)
        result = None
    if command == "ask":
        with ThreadPoolExecutor(len(argument)) as threads:
            result = list(threads.map(ask, argument))
    print(json.dumps(result), flush=True)
`;

/** A Python program with a session of Ada. */
async function start(settings: Record<string, string> = {}) {
  const api = await startApi(settings);
  const ada = await api.register("Ada");
  const child = spawn(python!, ["-c", program], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(async () => {
    child.stdin.end();
    await once(child, "exit");
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const tell = async (command: string, argument: unknown): Promise<any> => {
    child.stdin.write(`${JSON.stringify([command, argument])}\n`);
    return JSON.parse((await lines.next()).value);
  };
  const signIn = (url = api.url, expiresIn = 1799) =>
    tell("sign in", [url, { accessToken: ada.token, refreshToken: ada.refreshToken, expiresIn }]);
  await signIn();
  return { api, ada, signIn, ask: (...queries: string[]) => tell("ask", queries) };
}

const refreshes = (api: Api) => api.events().filter(({ event }) => event === "session refreshed").length;
const me = "{ me { name } }";

describe.skipIf(python === undefined)("a session in Python", () => {
  test("ten threads whose token was rejected share each refresh, and all are answered", async () => {
    const { api, ask } = await start();
    for (const round of [0, 1, 2]) {
      const ten = await ask(...Array.from({ length: 10 }, () => me));
      expect(ten).toEqual(Array.from({ length: 10 }, () => ({ me: { name: "Ada" } })));
      expect(refreshes(api)).toBe(round);
      api.clock.advance(30 * minutes);
    }
  });

  test("a token that has ended by the clock is renewed before it is sent", async () => {
    const { api, signIn, ask } = await start();
    await signIn(api.url, 0);
    expect(await ask(me)).toEqual([{ me: { name: "Ada" } }]);
    expect(refreshes(api)).toBe(1);
    expect(api.logged().filter(({ status }) => status === 401)).toEqual([]);
  });

  test("a mutation whose token was rejected is executed once", async () => {
    const { api, ask } = await start();
    api.clock.advance(30 * minutes);
    expect(await ask(`mutation { createPost(input: { title: "T", content: "C" }) { post { title } } }`)).toEqual([
      { createPost: { post: { title: "T" } } },
    ]);
    expect(await ask("{ posts { totalCount } }")).toEqual([{ posts: { totalCount: 1 } }]);
  });

  test("the end of a session is an error with its reason, also if reads are public", async () => {
    const { api, ada, ask } = await start({ PUBLIC_READS: "true" });
    await ada.send("mutation { logoutEverywhere { endedSessions } }");
    const query = "{ posts { totalCount } }";
    expect(await ask(query)).toEqual(["ended: SESSION_REVOKED"]);
    const sent = api.logged().length;
    expect(await ask(query)).toEqual(["ended: SESSION_REVOKED"]);
    expect(api.logged()).toHaveLength(sent);
  });

  test("other errors have their code, or say what is wrong", async () => {
    const { api, signIn, ask } = await start();
    expect(await ask("{ nothing }")).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
    await signIn(new URL("/openapi", api.url).href);
    expect((await ask(me))[0]).toMatch(/^(NOT_FOUND|failed: )/);
    await signIn("http://127.0.0.1:1/graphql");
    expect((await ask(me))[0]).toMatch(/^failed: .*refused/);
  });
});
