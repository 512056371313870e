import { statusOfCode, type OwnErrorCode } from "../../foundation/errors.js";
import type { Answer } from "../transport.js";
import { newerType, type Client, type Deployment } from "./deployment.js";
import { bearer, expectSame, logIn, refresh, withSession } from "./session.js";

const json = (body: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", accept: newerType },
  body,
});
const me = "{ me { id } }";
const missing = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";

type Ask = (client: Client, authorization?: string) => Promise<Answer>;

/** Requests that are rejected before their credential is read. */
const requests: Readonly<Record<string, readonly [OwnErrorCode, Ask, status?: number]>> = {
  "a body that is no JSON": ["BAD_REQUEST", (client) => client.request(json("{"))],
  "a body without a document": ["BAD_REQUEST", (client) => client.request(json("{}"))],
  "a body of another type": [
    "UNSUPPORTED_MEDIA_TYPE",
    (client) => client.request({ ...json("me"), headers: { "content-type": "text/plain", accept: newerType } }),
  ],
  "an Accept that takes no JSON": ["NOT_ACCEPTABLE", (client) => client.post({ query: me, accept: "image/png" })],
  "a mutation by GET": [
    "METHOD_NOT_ALLOWED",
    (client) => client.get({ query: "mutation { logout { endedSessions } }" }),
  ],
  "a document that doesn't parse": ["GRAPHQL_PARSE_FAILED", (client) => client.post({ query: "{ me {" })],
  "a document that doesn't validate": [
    "GRAPHQL_VALIDATION_FAILED",
    (client) => client.post({ query: "{ nothingOfThisName }" }),
  ],
  "a document whose variables don't fit": [
    "BAD_USER_INPUT",
    (client) => client.post({ query: "query ($id: ID!) { post(id: $id) { id } }" }),
    422,
  ],
  "a refresh token of nobody": ["INVALID_REFRESH_TOKEN", (client) => refresh(client, "nonsense")],
};

/** Requests of a signed-in user. None changes anything. */
const operations: typeof requests = {
  "a subscription by a plain POST": [
    "NOT_ACCEPTABLE",
    (client, authorization) => client.post({ query: "subscription { postEvents { kind } }", authorization }),
  ],
  "an input that breaks a rule": [
    "BAD_USER_INPUT",
    (client, authorization) =>
      client.post({
        query: `mutation { createPost(input: { title: "", content: "" }) { post { id } } }`,
        authorization,
      }),
  ],
  "a post that isn't there": [
    "NOT_FOUND",
    (client, authorization) =>
      client.post({ query: `mutation { deletePost(input: { id: "${missing}" }) { deletedPostId } }`, authorization }),
  ],
};

/** Expects the code with its status, and nothing about the server's internals. */
function expectRefusal(code: OwnErrorCode, answer: Answer, status: number = statusOfCode[code]): void {
  const { body, text } = answer;
  const codes = [...new Set(body.errors?.map(({ extensions }) => extensions.code))];
  const hasStack = /"stacktrace"|\bat \S+ \(?(file|node|\/)/.test(text);
  expectSame("the answer", { status: answer.status, codes, hasStack }, { status, codes: [code], hasStack: false });
}

const nameOf = (of: string, code: OwnErrorCode, status: number = statusOfCode[code]) =>
  `${of} is answered ${status} ${code}`;

/** Checks wrong requests, and responses that nobody may cache. */
export function refusalChecks(deployment: Deployment) {
  return [
    ...Object.entries(requests).map(([of, [code, ask, status]]) => ({
      name: nameOf(of, code, status),
      run: async (client: Client) => expectRefusal(code, await ask(client), status),
    })),
    ...Object.entries(operations).map(([of, [code, ask]]) => ({
      name: nameOf(of, code),
      run: (client: Client) =>
        withSession(client, deployment, async (session) => expectRefusal(code, await ask(client, bearer(session)))),
    })),
    {
      name: nameOf("a wrong password", "INVALID_CREDENTIALS"),
      async run(client: Client) {
        const answer = await logIn(client, { ...deployment, password: "a password of nobody" });
        // The right password resets the account's counter.
        await withSession(client, deployment, async () => expectRefusal("INVALID_CREDENTIALS", answer));
      },
    },
    {
      name: "no answer is to be stored",
      run: (client: Client) =>
        withSession(client, deployment, async (session) => {
          for (const authorization of [bearer(session), undefined]) {
            const { headers } = await client.get({ query: me, authorization });
            const of = `an answer to ${authorization === undefined ? "nobody" : "somebody"}`;
            expectSame(`Cache-Control of ${of}`, /\bno-store\b/.test(headers.get("cache-control") ?? ""), true);
            expectSame(`Vary of ${of}`, /\bauthorization\b/i.test(headers.get("vary") ?? ""), true);
          }
        }),
    },
  ];
}
