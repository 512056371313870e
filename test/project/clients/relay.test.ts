import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getSelector,
  type ReaderFragment,
  type Variables,
} from "relay-runtime";
import { expect, test } from "vitest";

import { createEnvironment } from "../../../docs/clients/relay.js";
import { startApi } from "../../support/api.js";
import { describeSessions, operations, testNetwork, type ClientOptions } from "../../support/client-scenarios.js";
import { votePost } from "../../support/posts.js";
import { compiledByRelay } from "../../support/relay.js";

const documents = [
  // Relay wants names of the module's name and the kind.
  ...Object.values(operations).map((text) =>
    text.replace(
      /^(mutation|query) (\w+)/,
      (_, kind: string, name: string) => `${kind} App${name}${kind === "query" ? "Query" : "Mutation"}`,
    ),
  ),
  `query AppMeQuery { me { id ...AppPosts_user } }`,
  `fragment AppPosts_user on User
    @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
    @refetchable(queryName: "AppPostsPaginationQuery") {
      posts(first: $count, after: $cursor, orderBy: { field: TITLE, direction: ASC })
        @connection(key: "AppPosts_posts") { edges { node { id ...AppPost_post } } }
    }`,
  `fragment AppPost_post on Post @refetchable(queryName: "AppPostRefetchQuery") { title voteCount }`,
];

const artifact = compiledByRelay(documents);

function relayUnderTest(options: ClientOptions) {
  const { environment, session } = createEnvironment(options);
  const query = async (name: string, variables: Variables = {}): Promise<any> =>
    fetchQuery(environment, await artifact(name), variables).toPromise();
  const mutate = async (name: string, input: object): Promise<any> => {
    const mutation = await artifact(name);
    return new Promise((onCompleted, onError) =>
      commitMutation(environment, {
        mutation,
        variables: { input },
        onCompleted: (data, errors) => (errors ? onError({ source: { errors } }) : onCompleted(data)),
        onError,
      }),
    );
  };
  return {
    environment,
    query,
    signIn: session.signIn,
    signOut: session.signOut,
    codeOf: (failure: any) => failure.source?.errors[0].extensions.code,
    register: async (input: object) => (await mutate("AppRegisterMutation", input)).register,
    logIn: async (input: object) => (await mutate("AppLogInMutation", input)).login,
    createPost: (title: string) => mutate("AppCreatePostMutation", { title, content: "…" }),
    titles: async (page: Variables) =>
      (await query("AppTitlesQuery", page)).posts.nodes.map((post: { title: string }) => post.title),
  };
}

describeSessions("Relay", relayUnderTest);

test("pages through a fragment and refetches one of its posts, with a refresh in between", async () => {
  const api = await startApi();
  const network = testNetwork();
  const now = () => api.clock().getTime();
  const client = relayUnderTest({ url: api.url, onSignedOut: () => {}, fetch: network.fetch, now });
  await client.signIn(await client.register({ name: "Ada", email: "ada@example.com", password: "password of Ada" }));
  for (const title of ["A", "B", "C"]) await client.createPost(title);
  const { environment } = client;

  // What useLazyLoadQuery, usePaginationFragment and useRefetchableFragment do, without React.
  const me = createOperationDescriptor(await artifact("AppMeQuery"), {});
  environment.retain(me);
  await client.query("AppMeQuery");
  const dataOf = async (fragment: string, of: unknown): Promise<any> => {
    const selector = getSelector(await artifact<ReaderFragment>(fragment), of);
    if (selector?.kind !== "SingularReaderSelector") throw new Error(`${fragment} is not spread here`);
    return environment.lookup(selector).data;
  };
  const user = (environment.lookup(me.fragment).data as any).me;
  const posts = async () => {
    const { edges, pageInfo } = (await dataOf("AppPosts_user", user)).posts;
    const read = edges.map(({ node }: { node: unknown }) => dataOf("AppPost_post", node));
    return { edges, pageInfo, shown: await Promise.all(read) };
  };
  const first = await posts();
  expect(first.shown.map(({ title }) => title)).toEqual(["A", "B"]);
  expect(first.pageInfo.hasNextPage).toBe(true);

  api.clock.advance(30 * 60_000);
  network.sent.length = 0;
  const { paginationMetadata } = getPaginationMetadata(await artifact<ReaderFragment>("AppPosts_user"), "test");
  await client.query("AppPostsPaginationQuery", {
    ...getPaginationVariables("forward", 2, first.pageInfo.endCursor, {}, {}, paginationMetadata),
    id: user.id,
  });
  const both = await posts();
  expect(both.shown).toMatchObject(["A", "B", "C"].map((title) => ({ title, voteCount: 0 })));
  expect(both.pageInfo.hasNextPage).toBe(false);
  expect(network.sent).toHaveLength(2);

  const bob = await api.register("Bob");
  const { id } = both.edges[1].node;
  await votePost(bob, id);
  await client.query("AppPostRefetchQuery", { id });
  expect((await posts()).shown[1]).toMatchObject({ title: "B", voteCount: 1 });
});
