import { createSession, type SessionOptions } from "postern/client";

export function createClient(options: SessionOptions) {
  const session = createSession(options);
  /** Sends an operation and returns its data. @throws an Error with the `errors`, and the `data` if there is some. */
  const request = async <Data>(query: string, variables?: object): Promise<Data> => {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
    const body = JSON.stringify({ query, variables });
    const response = await session.fetch(session.url, { method: "POST", headers, body });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
    if (errors?.[0] === undefined) return data as Data;
    throw Object.assign(new Error(errors[0].message), { errors, data });
  };
  return { session, request };
}
