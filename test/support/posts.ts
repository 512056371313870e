import type { TestAccount as Account } from "../../src/testing/account.js";
import type { Answer } from "../../src/testing/transport.js";

type Input = Readonly<Record<string, unknown>>;
type Sender = Pick<Account, "send">;

/** The selection for posts that a test doesn't look at. */
const nothingMore = "id";

/** Sends `createPost`, with a title and content unless `input` has them, and returns the answer. */
export const tryToCreatePost = (account: Sender, input: Input = {}, fields = nothingMore): Promise<Answer> =>
  account.send(`mutation ($input: CreatePostInput!) { createPost(input: $input) { post { ${fields} } } }`, {
    variables: { input: { title: "Title", content: "Content", ...input } },
  });

/** Creates a post and returns its id. */
export async function createPost(account: Sender, input: Input = {}): Promise<string> {
  const { body, text } = await tryToCreatePost(account, input);
  if (body.errors !== undefined) throw new Error(`no post was created: ${text}`);
  return body.data.createPost.post.id;
}

export const updatePost = (account: Sender, input: Input, fields = nothingMore): Promise<Answer> =>
  account.send(`mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { ${fields} } } }`, {
    variables: { input },
  });

export const deletePost = (account: Sender, id: string): Promise<Answer> =>
  account.send("mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }", { variables: { id } });

const cast =
  (field: "votePost" | "unvotePost") =>
  (account: Sender, postId: string, fields = nothingMore): Promise<Answer> =>
    account.send(`mutation ($postId: ID!) { ${field}(input: { postId: $postId }) { post { ${fields} } } }`, {
      variables: { postId },
    });
export const votePost = cast("votePost");
export const unvotePost = cast("unvotePost");
