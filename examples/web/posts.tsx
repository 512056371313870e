import type { ApolloClient } from "@apollo/client";
import { useMutation, useQuery, useSubscription } from "@apollo/client/react";
import type { FormEvent } from "react";

import { createPostDocument, livePostsDocument, postsDocument, votePostDocument } from "./documents.js";
import { textsOf } from "./form.js";
import type { LivePostsSubscription } from "./gql/graphql.js";
import { signOut } from "./session.js";

/** Updates the cached list after an event. Apollo Client updates a post that is in the cache by itself. */
function follow(client: ApolloClient, { kind, post, postId }: LivePostsSubscription["postEvents"]): void {
  // Changes between the list and the first event, or before the cursor, are not known.
  if (kind === "READY" || kind === "RESET") void client.refetchQueries({ include: [postsDocument] });
  if (kind === "REMOVED") client.cache.evict({ id: client.cache.identify({ __typename: "Post", id: postId }) });
  if (kind !== "ADDED" || post == null) return;
  client.cache.updateQuery({ query: postsDocument }, (data) => {
    if (data === null) return data;
    const others = data.posts.nodes.filter(({ id }) => id !== post.id);
    return { ...data, posts: { ...data.posts, nodes: [post, ...others] } };
  });
}

export function Posts() {
  const { data, error } = useQuery(postsDocument);
  useSubscription(livePostsDocument, {
    onData({ client, data: { data: event } }) {
      if (event !== undefined) follow(client, event.postEvents);
    },
  });
  const [vote] = useMutation(votePostDocument);

  return (
    <main>
      <header>
        <span>{data?.me.name}</span>
        <button onClick={() => void signOut()}>Sign out</button>
      </header>
      <h1>Posts</h1>
      <NewPost />
      {error !== undefined && <p role="alert">{error.message}</p>}
      {data?.posts.nodes.map(({ id, title, content, voteCount, viewerHasVoted, author }) => (
        <article key={id}>
          <h2>{title}</h2>
          <p>{content}</p>
          <p>
            {author.name}{" "}
            <button
              disabled={viewerHasVoted}
              onClick={() => void vote({ variables: { input: { postId: id } } }).catch(() => {})}
            >
              ▲ {voteCount}
            </button>
          </p>
        </article>
      ))}
    </main>
  );
}

function NewPost() {
  const [create, { error, loading }] = useMutation(createPostDocument);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const { title, content } = textsOf(form);
    try {
      await create({ variables: { input: { title, content } } });
      // The list is updated by the event, as in every other browser.
      form.reset();
    } catch {
      // The error is shown below, and the form keeps its text.
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <input name="title" placeholder="Title" required />
      <textarea name="content" placeholder="What do you want to say?" required />
      <button disabled={loading}>Publish</button>
      {error !== undefined && <p role="alert">{error.message}</p>}
    </form>
  );
}
