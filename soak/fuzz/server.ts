import { systemClock, systemTimer } from "../../src/foundation/clock.js";
import { readConfig } from "../../src/foundation/config/settings.js";
import { makeLog } from "../../src/foundation/log.js";
import { startServer } from "../../src/server/server.js";

export type FuzzServer = {
  readonly url: string;
  readonly operationTimeoutSeconds: number;
  /** The access token of somebody who is signed in. */
  readonly token: () => string;
  /** Signs in again if a document has ended the session. */
  readonly keepSignedIn: () => Promise<void>;
  /** The first errors that the server logged. */
  readonly incidents: readonly string[];
  readonly close: () => Promise<void>;
};

const register = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`;
const login = `mutation ($input: LoginInput!) { login(input: $input) { accessToken } }`;
const cheapest = { memoryCost: 8, timeCost: 1, parallelism: 1 };
// Looking after each document would take as much time as the document.
const documentsBetweenLooks = 50;

export async function openFuzzServer(databaseUrl: string): Promise<FuzzServer> {
  const incidents: string[] = [];
  const write = (line: string) => {
    if (incidents.length < 20) incidents.push(line.slice(0, 3000));
  };
  const { config } = readConfig({
    PORT: "0",
    DATABASE_URL: databaseUrl,
    JWT_SECRET: "kept for a soak: 6b1f0c2e9d7a4835",
    PUBLIC_READS: "true",
    TRUST_PROXY: "loopback",
    MAX_MESSAGES_PER_SECOND: "100000",
  });
  const log = makeLog("error", systemClock, { write });
  const server = await startServer({ config, clock: systemClock, timer: systemTimer, passwordCost: cheapest, log });

  const send = async (query: string, variables: object, token?: string) => {
    // From an address of its own: the documents' wrong passwords count for theirs.
    const headers = {
      "content-type": "application/json",
      "x-forwarded-for": "203.0.113.1",
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const answer = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    return (await answer.json()) as { data: any; errors?: unknown };
  };
  // No document knows the password, so none can change it or delete the account.
  const account = { email: `fuzz.${process.pid}@example.com`, password: "a password of the soak" };
  const registered = await send(register, { input: { ...account, name: "Fuzz" } });
  let token = registered.data.register.accessToken as string;
  let documents = 0;
  return {
    url: server.url,
    operationTimeoutSeconds: config.limits.operationTimeoutSeconds,
    token: () => token,
    incidents,
    async keepSignedIn() {
      if (documents++ % documentsBetweenLooks !== 0) return;
      if ((await send("{ me { id } }", {}, token)).errors === undefined) return;
      token = (await send(login, { input: account })).data.login.accessToken as string;
    },
    close: server.stop,
  };
}
