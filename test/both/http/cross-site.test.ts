import { describe, expect, test } from "vitest";

import { startApi, type Api } from "../../support/api.js";
import { exchange } from "../../support/exchange.js";
import { rows } from "../../support/rows.js";

// What a browser sends along by itself with a request that another site's page causes.
const crossSite = {
  origin: "https://evil.example",
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "no-cors",
  cookie: "session=x; token=x",
};

const register = `mutation { register(input: { name: "Eve", email: "eve@example.com", password: "correct horse battery" }) { expiresIn } }`;
const asJson = JSON.stringify({ query: register });
const asForm = new URLSearchParams({ query: register }).toString();
const asMultipart = `--b\r\ncontent-disposition: form-data; name="query"\r\n\r\n${register}\r\n--b--\r\n`;

async function userCount(api: Api): Promise<number> {
  const [row] = await rows(api.server.database, "select count(*) as count from users");
  return row!["count"];
}

describe("a page of another site", () => {
  test.each([
    { type: undefined, body: asJson },
    { type: undefined, body: "" },
    { type: "", body: asJson },
    { type: "text/plain", body: asJson },
    { type: "text/plain;charset=UTF-8", body: asJson },
    { type: "text/plain; application/json", body: asJson },
    { type: "text/plain, application/json", body: asJson },
    { type: "TEXT/PLAIN; x=application/json", body: asJson },
    { type: "application/x-www-form-urlencoded", body: asForm },
    { type: "application/x-www-form-urlencoded; application/json", body: asJson },
    { type: "multipart/form-data; boundary=b", body: asMultipart },
    { type: "multipart/form-data; boundary=application/json", body: asJson },
  ])("can't cause a mutation by posting $type, which browsers send without a preflight", async ({ type, body }) => {
    const api = await startApi();
    for (const path of ["/graphql", `/graphql?query=${encodeURIComponent(register)}`]) {
      const headers = { ...crossSite, ...(type !== undefined && { "content-type": type }) };
      const answer = await exchange(new URL(path, api.url), { headers, body });
      expect([400, 415]).toContain(answer.status);
      expect(answer.body.errors[0].extensions.code).toBe(
        answer.status === 415 ? "UNSUPPORTED_MEDIA_TYPE" : "BAD_REQUEST",
      );
    }
    expect(await userCount(api)).toBe(0);
  });

  test("can't cause a mutation by GET, whatever token it holds", async () => {
    const api = await startApi();
    const { token } = await api.register();
    for (const headers of [crossSite, { authorization: `Bearer ${token}` }]) {
      const { status, body } = await api.fetch(`/graphql?query=${encodeURIComponent(register)}`, { headers });
      expect({ status, body }).toEqual({
        status: 405,
        body: {
          errors: [
            {
              message: "Only queries may be sent by GET; send mutations and subscriptions by POST",
              extensions: { code: "METHOD_NOT_ALLOWED" },
            },
          ],
        },
      });
    }
    expect(await userCount(api)).toBe(1);
  });

  test("can run an anonymous query by GET, and can't read the answer", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const { send } = await api.register();
    await send(`mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }`);

    const { status, headers, body } = await api.fetch("/graphql?query={posts{totalCount}}", { headers: crossSite });

    expect({ status, body }).toEqual({ status: 200, body: { data: { posts: { totalCount: 1 } } } });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

test("answers the GET that urql sends by default for a signed-in user", async () => {
  const api = await startApi();
  const { token, name } = await api.register();
  const parameters = new URLSearchParams({
    operationName: "Mine",
    query: "query Mine($first: Int!) { me { name posts(first: $first) { totalCount } } }",
    variables: JSON.stringify({ first: 1 }),
  });

  const { status, headers, body } = await api.fetch(`/graphql?${parameters.toString()}`, {
    headers: {
      accept:
        "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
      authorization: `Bearer ${token}`,
    },
  });

  expect({ status, body }).toEqual({ status: 200, body: { data: { me: { name, posts: { totalCount: 0 } } } } });
  expect(headers.get("cache-control")).toBe("private, no-store");
});

test("answers an anonymous query by GET as it would by POST", async () => {
  const api = await startApi();
  expect((await api.fetch("/graphql?query={__typename}")).body).toEqual({ data: { __typename: "Query" } });
  const { status, headers, body } = await api.fetch("/graphql?query={me{id}}");
  expect(status).toBe(401);
  expect(headers.get("www-authenticate")).toBe('Bearer realm="postern"');
  expect(body.errors![0]!.extensions["reason"]).toBe("TOKEN_MISSING");
});
