import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket } from "../live.js";

/** A server whose tables are taken away under it. */
export const incidents: Chapter = {
  name: "incidents",
  settings: {},
  async run(recorder, _random, { runStatement }) {
    const ada = await account.register(recorder, "Ada");
    const postId = await account.createPost(recorder, ada, { title: "there", content: "x" });
    await runStatement("alter table posts rename to hidden");
    const { token } = ada;
    const asked = [
      { query: "{ posts { nodes { id } } }" },
      { query: "{ me { id } posts { nodes { id } } }" },
      { query: "{ me { id posts { nodes { id } } } }" },
      { query: "query ($id: ID!) { post(id: $id) { id } __typename }", variables: { id: postId } },
      { query: account.creation, variables: { input: { title: "x", content: "x" } } },
      { query: account.vote, variables: { input: { postId } } },
    ];
    for (const operation of asked)
      for (const accept of [undefined, "application/json", "application/graphql-response+json"])
        await recorder.graphql({ ...operation, token, accept });
    const socket = await openSocket(recorder);
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    await socket.wait();
    for (const [index, { query, variables }] of asked.entries()) {
      socket.subscribe(`${index}`, query, variables);
      await socket.finish(`${index}`);
    }
    await socket.keep("incidents by socket");
    for (const path of ["/healthz", "/readyz"]) await recorder.ask({ method: "GET", path, headers: [] });
    await runStatement("alter table sessions rename to hidden_sessions");
    await recorder.graphql({ query: "{ me { id } }", token });
    await account.renew(recorder, ada);
  },
};
