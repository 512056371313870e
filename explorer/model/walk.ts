/** A step of the walk: its text, and the document that it runs, if any. */
export type Step = {
  readonly id: "signIn" | "create" | "list" | "expire" | "renew";
  readonly title: string;
  readonly text: string;
  readonly document?: string;
};

export const walk: readonly Step[] = [
  {
    id: "signIn",
    title: "Sign in",
    text: "The server gives an access token and says when it ends. The ring above counts down to that instant, by the server's clock.",
  },
  {
    id: "create",
    title: "Create a post",
    text: "The request carries the token by itself.",
    document: `mutation CreatePost {
  createPost(input: { title: "Hello", content: "My first post" }) {
    post {
      id
      title
      publishedAt
    }
  }
}
`,
  },
  {
    id: "list",
    title: "List posts",
    text: "The newest ones, yours among them.",
    document: `query ListPosts {
  posts(first: 5) {
    totalCount
    nodes {
      title
      voteCount
      author {
        name
      }
    }
  }
}
`,
  },
  {
    id: "expire",
    title: "Let it expire",
    text: "A token of five seconds takes the place of yours. When it ends, the same request is answered 401, with the reason and the instant.",
    document: `query Me {
  me {
    name
    email
  }
}
`,
  },
  {
    id: "renew",
    title: "Renew",
    text: "The refresh token gets a new access token, and the request succeeds again.",
    document: `query Me {
  me {
    name
    email
  }
}
`,
  },
];

/** Something that happened, by a click on the step or by hand. */
export type Happening =
  | { readonly kind: "signedIn" }
  | { readonly kind: "renewed" }
  | { readonly kind: "answered"; readonly data: unknown; readonly reason: string | undefined };

/** Returns the steps that are done after this has happened. */
export function doneAfter(done: ReadonlySet<Step["id"]>, happening: Happening): ReadonlySet<Step["id"]> {
  const more: Step["id"][] = [];
  if (happening.kind === "signedIn") more.push("signIn");
  // Only a renewal after an expired token completes the step.
  else if (happening.kind === "renewed") more.push(...(done.has("expire") ? (["renew"] as const) : []));
  else {
    const data = (happening.data ?? {}) as Record<string, unknown>;
    if (data["createPost"] != null) more.push("create");
    if (data["posts"] != null) more.push("list");
    if (happening.reason === "TOKEN_EXPIRED") more.push("expire");
  }
  return new Set([...done, ...more]);
}

/** The document that a newcomer finds in the editor. */
export const firstDocument = `# Ctrl+Enter (or ⌘+Enter) runs the operation at the cursor; Ctrl+Space completes.
query Me {
  me {
    name
    email
  }
}

# Leave this open and create a post: the event arrives at once. The subscription ends when the token expires.
subscription LivePosts {
  postEvents {
    kind
    cursor
    post {
      title
      voteCount
    }
  }
}
`;
