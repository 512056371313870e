import { Environment, Network, RecordSource, Store, type SubscribeFunction } from "relay-runtime";
import { createSession, type SessionOptions } from "postern/client";

export function createEnvironment({ subscribe, ...options }: SessionOptions & { subscribe?: SubscribeFunction }) {
  const session = createSession(options);
  const network = Network.create(async ({ text, name }, variables) => {
    const body = JSON.stringify({ query: text, operationName: name, variables });
    const headers = { "content-type": "application/json" };
    const answer = await session.fetch(session.url, { method: "POST", headers, body });
    return JSON.parse(await answer.text());
  }, subscribe);
  return { session, environment: new Environment({ network, store: new Store(new RecordSource()) }) };
}
