import { send, signUp } from "../../client.js";
import { serversInProcess } from "../server-in-process.js";

export type FuzzServer = {
  readonly url: string;
  readonly operationTimeoutSeconds: number;
  /** Returns the access token of a user who is signed in. */
  readonly token: () => string;
  /** Signs in again if a document has ended the session. */
  readonly keepSignedIn: () => Promise<void>;
  /** The first errors that the server logged. */
  readonly incidents: readonly string[];
  readonly close: () => Promise<void>;
};

const login = `mutation ($input: LoginInput!) { login(input: $input) { accessToken } }`;
// A check after each document would take as much time as the document.
const documentsBetweenChecks = 50;
// The documents' wrong passwords count against another address.
const address = "203.0.113.1";

export async function openFuzzServer(databaseUrl: string): Promise<FuzzServer> {
  const { config, errors, start } = serversInProcess({
    DATABASE_URL: databaseUrl,
    PUBLIC_READS: "true",
    TRUST_PROXY: "loopback",
    MAX_MESSAGES_PER_SECOND: "100000",
  });
  const server = await start();
  const { url } = server;
  // No document knows the password, so none can change it or delete the account.
  const { email, password, headers } = await signUp(url, address, `fuzz.${process.pid}`);
  let token = headers["authorization"]!.slice("Bearer ".length);
  let documents = 0;
  return {
    url,
    operationTimeoutSeconds: config.limits.operationTimeoutSeconds,
    token: () => token,
    incidents: errors,
    async keepSignedIn() {
      if (documents++ % documentsBetweenChecks !== 0) return;
      if ((await send({ url, address, query: "{ me { id } }", token })).code === "ok") return;
      const { data } = await send({ url, address, query: login, variables: { input: { email, password } } });
      token = data.login.accessToken;
    },
    close: server.stop,
  };
}
