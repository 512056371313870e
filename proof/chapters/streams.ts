import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openStream } from "../live.js";
import type { Operation } from "../recorder.js";

const plain =
  "subscription { postEvents { kind cursor post { title voteCount viewerHasVoted author { name email } } } }";
const accepts = [
  "text/event-stream",
  "text/event-stream, */*;q=0.1",
  "multipart/mixed;subscriptionSpec=1.0",
  'multipart/mixed;subscriptionSpec="1.0", application/json',
  "multipart/mixed",
  "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9",
  "application/json",
  undefined,
];

/** Operations that a stream answers at once, and ends. */
const short: readonly Operation[] = [
  { query: "{ __typename }" },
  { query: "{ me { id name } }" },
  { query: "{ nothing }" },
  { query: "{" },
  { query: "" },
  { query: `mutation { votePost(input: { postId: "x" }) { post { id } } }` },
  { query: "subscription { postEvents { nothing } }" },
  { query: "subscription { postEvents(after: 1) { kind } }" },
  { query: `subscription { postEvents(after: "x") { kind } }` },
  { query: "subscription { a: postEvents { kind } b: postEvents { kind } }" },
  { query: "subscription ($a: ID!) { postEvents(postId: $a) { kind } }" },
  { query: "query A { __typename } subscription B { postEvents { kind } }", operationName: "C" },
];

export const streams: Chapter = {
  name: "streams",
  settings: { CORS_ORIGINS: "https://app.example.com" },
  async run(recorder) {
    const ada = await account.register(recorder, "Ada");
    const bob = await account.register(recorder, "Bob");
    for (const operation of short)
      for (const accept of accepts)
        for (const token of [ada.token, undefined]) {
          const stream = await openStream(recorder, { ...operation, accept, token });
          await stream.ended();
          await stream.keep("a short answer");
        }
    for (const accept of accepts)
      for (const token of [undefined, "x"]) {
        const stream = await openStream(recorder, { query: plain, accept, token });
        await stream.ended();
        await stream.keep("a stream that is refused");
      }
    for (const accept of accepts.slice(0, 4)) {
      const headers = [["Origin", "https://app.example.com"] as const];
      const stream = await openStream(recorder, { query: plain, accept, token: bob.token, headers });
      await stream.wait();
      const id = await account.createPost(recorder, ada, { title: "streamed", content: "x" });
      await stream.wait();
      await recorder.graphql({ query: account.vote, variables: { input: { postId: id } }, token: bob.token });
      await stream.wait();
      await recorder.graphql({ query: account.deletion, variables: { input: { id } }, token: ada.token });
      await stream.wait();
      await recorder.graphql({ query: "mutation { logoutEverywhere { endedSessions } }", token: bob.token });
      await stream.ended();
      await stream.keep("a stream until its session is ended");
      await account.signIn(recorder, bob);
    }
  },
};
