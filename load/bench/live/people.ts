import { clientOf, signUp, tokenOf, type Client } from "../../client.js";

/** A user with an account. */
export type Person = { readonly client: Client; readonly token: string; readonly refreshToken: string };

const refresh =
  "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }";
const createPost = "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }";

/** Creates `count` accounts, each from an address of its own. */
export async function makePeople(url: string, count: number): Promise<Person[]> {
  const people: Person[] = [];
  // Passwords are hashed two at a time.
  while (people.length < count)
    people.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(2, count - people.length) }, (_, index) =>
          makePerson(url, people.length + index),
        ),
      )),
    );
  return people;
}

async function makePerson(url: string, number: number): Promise<Person> {
  const client = await signUp(url, address(number), `person${number}`);
  return { client, token: tokenOf(client)!, refreshToken: client.refreshToken };
}

/** Renews everybody's tokens at about the same time. */
export const renewAll = (url: string, people: readonly Person[]): Promise<Person[]> =>
  Promise.all(
    people.map(async ({ client, refreshToken }, number) => {
      const { code, data } = await client.send(refresh, { input: { refreshToken } });
      if (code !== "ok") throw new Error(`renewing was answered ${code}`);
      client.close();
      return person(url, number, data.refreshSession);
    }),
  );

const person = (url: string, number: number, pair: { accessToken: string; refreshToken: string }): Person => ({
  client: clientOf(url, address(number), pair.accessToken),
  token: pair.accessToken,
  refreshToken: pair.refreshToken,
});

const address = (number: number) => `10.4.${number >> 8}.${number & 255}`;

/** Publishes a post and returns its id. */
export async function publish({ client }: Person, content: string): Promise<string> {
  const { code, data } = await client.send(createPost, { input: { title: "A post", content, published: true } });
  if (code !== "ok") throw new Error(`posting was answered ${code}`);
  return data.createPost.post.id;
}

/** Votes for a post, or takes the vote back; both are events. Returns when the request was sent. */
export function voting({ client }: Person, postId: string): () => Promise<number> {
  let turn = 0;
  return async () => {
    const field = turn++ % 2 === 0 ? "votePost" : "unvotePost";
    const at = performance.timeOrigin + performance.now();
    const { code } = await client.send(`mutation { ${field}(input: { postId: "${postId}" }) { post { id } } }`);
    if (code !== "ok") throw new Error(`voting was answered ${code}`);
    return at;
  };
}
