// All work that costs more than its bytes is limited before it begins. The fairness bench measures its cost.
import { describe, expect, test } from "vitest";

import { startApi } from "../../support/api.js";

const json = { "content-type": "application/json" };
const post = (api: { url: string }, body: string | Buffer, headers: Record<string, string> = json) =>
  fetch(api.url, { method: "POST", headers, body });
const codeOf = async (response: Response) => ((await response.json()) as any).errors[0].extensions.code;

describe("a document", () => {
  const repeated = (text: string, times: number) => text.repeat(times);
  test.each([
    ["a field with fields", `{ ${repeated("me { id } ", 240)} }`],
    ["a field with arguments", `{ me { ${repeated("posts(first: 1) { totalCount } ", 110)} } }`],
    [
      "fields of fragments",
      `{ ...F ${repeated("me { id } ", 60)} } fragment F on Query { ${repeated("me { id } ", 60)} }`,
    ],
    ["the spread of a fragment", `{ me { ${repeated("...F ", 110)} } } fragment F on User { id }`],
  ])("may not repeat %s so often that comparing them takes long", async (_what, query) => {
    const api = await startApi();
    const { status, body } = await api.send(query);
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      expect.objectContaining({
        message: "The document repeats fields or fragments in more than 3000 pairs",
        extensions: { code: "QUERY_TOO_COMPLEX" },
      }),
    ]);
  });

  test("may not have more comments than can be read quickly, though none of them is a token", async () => {
    const api = await startApi();
    const { status, body } = await api.send(`${"#\n".repeat(1001)}{ __typename }`);
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      expect.objectContaining({
        message: "The document has more than 1000 comments",
        extensions: { code: "QUERY_TOO_COMPLEX" },
      }),
    ]);
  });

  test("may repeat them as clients with fragments do", async () => {
    const api = await startApi();
    const ada = await api.register();
    const { body } = await ada.send(`{ ${repeated("me { id name } ", 60)} }`);
    expect(body.errors).toBeUndefined();
  });

  test("may alias __schema, but no field in it", async () => {
    const api = await startApi();
    const types = "types { name }";
    expect((await api.send(`{ a: __schema { ${types} } }`)).body.errors).toBeUndefined();
    expect((await api.send(`{ a: __schema { b: ${types} } }`)).body.errors![0]!.message).toBe(
      "The operation has 20 aliases (limit 15)",
    );
  });

  test("is answered with at most 25 errors", async () => {
    const api = await startApi();
    const names = Array.from({ length: 100 }, (_, index) => `nothing${index}`).join(" ");
    const { errors } = (await api.send(`{ me { ${names} } }`)).body;
    expect(errors).toHaveLength(26);
    expect(errors![25]!.message).toMatch(/^Too many validation errors/);
  });

  test("is refused alike however often it is sent, by executeOperation too", async () => {
    const api = await startApi();
    const query = "{ me { nothing nowhere } }";
    const first = (await api.send(query)).body;
    expect(first.errors).toHaveLength(2);
    expect((await api.send(query)).body).toEqual(first);
    const { apollo, createContext } = api.server;
    const contextValue = await createContext({ authorization: [], userAgent: null, address: null });
    const { body } = await apollo.executeOperation({ query }, { contextValue });
    expect(body).toMatchObject({ kind: "single", singleResult: { errors: first.errors } });
  });
});

describe("JSON", () => {
  const nested = (levels: number) =>
    `{"query":"{ __typename }","variables":{"x":${"[".repeat(levels)}${"]".repeat(levels)}}}`;
  const wide = (values: number) => `{"query":"{ __typename }","variables":{"x":[${"1,".repeat(values - 1)}1]}}`;

  test.each([
    ["64 levels", nested(62), nested(63), "JSON may be nested 64 levels deep at most"],
    ["10,000 values", wide(9996), wide(9997), "JSON may have 10000 values at most"],
  ])("may have at most %s", async (_most, allowed, refused, message) => {
    const api = await startApi();
    expect((await post(api, allowed)).status).toBe(200);
    const answer = await post(api, refused);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as any).errors).toEqual([{ message, extensions: { code: "BAD_REQUEST" } }]);
  });

  test.each([
    ["a million brackets", "[".repeat(1_000_000)],
    [
      "60,000 unknown keys",
      `{"query":"query($i:LoginInput!){ __typename }","variables":{"i":{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join()}}}}`,
    ],
    ["brackets and quotes in a text", `{"query":"${'\\"[{,'.repeat(20_000)}"}`],
    ["an unfinished text", `{"query":"${"[".repeat(20_000)}`],
    ["a text that ends with a backslash", `{"query":"\\`],
  ])("of %s is refused", async (_what, body) => {
    const api = await startApi();
    expect((await post(api, body)).status).toBe(400);
  });

  test("of a URL has the same limits", async () => {
    const api = await startApi();
    const variables = encodeURIComponent(`${"[".repeat(65)}${"]".repeat(65)}`);
    expect((await fetch(`${api.url}?query={__typename}&variables=${variables}`)).status).toBe(400);
  });

  test("reports at most a hundred problems of a variable", async () => {
    const api = await startApi();
    const i = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
    const answer = await post(
      api,
      JSON.stringify({ query: "mutation ($i: LoginInput!) { login(input: $i) { expiresIn } }", variables: { i } }),
    );
    expect(((await answer.json()) as any).errors[0].extensions.issues).toHaveLength(100);
  });
});

describe("bytes that are not UTF-8", () => {
  const latin1 = Buffer.from(`{"query":"{ post(id: \\"é\\") { id } }"}`, "latin1");

  test("are refused, and not replaced by other characters", async () => {
    const api = await startApi();
    const answer = await post(api, latin1);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as any).errors[0].message).toBe("JSON must be encoded in UTF-8");
  });

  test.each(["iso-8859-1", `"utf-16"`, "utf-16le"])("are not accepted by the name %s either", async (charset) => {
    const api = await startApi();
    const answer = await post(api, latin1, { "content-type": `application/json; charset=${charset}` });
    expect(answer.status).toBe(415);
    expect(await codeOf(answer)).toBe("UNSUPPORTED_MEDIA_TYPE");
  });

  test.each(["utf-8", "UTF8", `"utf-8"`])("are excluded by charset=%s, which is accepted", async (charset) => {
    const api = await startApi();
    const headers = { "content-type": `application/json; charset=${charset}` };
    expect((await post(api, `{"query":"{ __typename }"}`, headers)).status).toBe(200);
  });

  test("may not be compressed either, and the answer says what is accepted", async () => {
    const api = await startApi();
    const answer = await post(api, "{}", { ...json, "content-encoding": "gzip" });
    expect(answer.status).toBe(415);
    expect(answer.headers.get("accept-encoding")).toBe("identity");
    expect(await codeOf(answer)).toBe("UNSUPPORTED_MEDIA_TYPE");
  });

  test("don't result from a browser's name in UTF-8, which a session shows as it was sent", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const login = `mutation ($input: LoginInput!) { login(input: $input) { user { sessions { userAgent } } } }`;
    const agent = Buffer.from("Schöner Browser 猫", "utf8").toString("latin1");
    const { body } = await api.send(login, {
      variables: { input: { email: ada.email, password: ada.password } },
      headers: { "user-agent": agent },
    });
    expect(body.data.login.user.sessions[0].userAgent).toBe("Schöner Browser 猫");
  });
});
