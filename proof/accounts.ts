import type { Answer, Recorder } from "./recorder.js";
import { partsOf } from "./tokens.js";

/** A user of a recording, with the newest tokens. */
export type Account = {
  readonly name: string;
  readonly email: string;
  password: string;
  readonly id: string;
  token: string;
  refreshToken: string;
};

export const password = "correct horse battery";
export const sessionFields =
  "accessToken expiresAt expiresIn refreshExpiresAt refreshToken serverTime tokenType user { id name email createdAt }";
export const postFields =
  "id title content status published publishedAt createdAt updatedAt version voteCount viewerHasVoted author { id name email }";

export const registration = `mutation ($input: RegisterInput!) { register(input: $input) { ${sessionFields} } }`;
export const login = `mutation ($input: LoginInput!) { login(input: $input) { ${sessionFields} } }`;
export const refresh = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${sessionFields} } }`;
export const creation = `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { ${postFields} } } }`;
export const update = `mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { ${postFields} } } }`;
export const vote = `mutation ($input: VotePostInput!) { votePost(input: $input) { post { ${postFields} } } }`;
export const unvote = `mutation ($input: VotePostInput!) { unvotePost(input: $input) { post { ${postFields} } } }`;
export const deletion = "mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }";

/** Registers a user. */
export async function register(recorder: Recorder, name: string): Promise<Account> {
  const email = `${name.toLowerCase()}@example.com`;
  const { body } = await recorder.graphql({ query: registration, variables: { input: { name, email, password } } });
  const session = body.data.register;
  return { name, email, password, id: session.user.id, token: session.accessToken, refreshToken: session.refreshToken };
}

/** Signs a user in once more, and keeps the new tokens with the account. */
export async function signIn(recorder: Recorder, account: Account): Promise<Answer> {
  const { email, password: ownPassword } = account;
  const answer = await recorder.graphql({ query: login, variables: { input: { email, password: ownPassword } } });
  takeTokens(account, answer.body?.data?.login);
  return answer;
}

export async function renew(recorder: Recorder, account: Account): Promise<Answer> {
  const answer = await recorder.graphql({
    query: refresh,
    variables: { input: { refreshToken: account.refreshToken } },
  });
  takeTokens(account, answer.body?.data?.refreshSession);
  return answer;
}

function takeTokens(account: Account, session?: { accessToken?: string; refreshToken?: string } | null): void {
  if (typeof session?.accessToken !== "string" || typeof session.refreshToken !== "string") return;
  account.token = session.accessToken;
  account.refreshToken = session.refreshToken;
}

export const sessionIdOf = ({ token }: Account): string => partsOf(token).claims["sid"];

/** Creates a post, and returns its id. */
export async function createPost(recorder: Recorder, author: Account, input: object): Promise<string> {
  const { body } = await recorder.graphql({ query: creation, variables: { input }, token: author.token });
  return body?.data?.createPost?.post?.id ?? "post_none";
}
