/**
 * Reports whether the server refused a request for its credential, so that nothing of it ran. A client that accepts only
 * `application/json` gets that with status 200.
 */
export async function isRefused(response: Response): Promise<boolean> {
  const mayBeRefusal = response.status === 200 && /^application\/json\b/i.test(typeOf(response));
  if (response.status !== 401 && !mayBeRefusal) return false;
  // The whole body is here afterwards, so the client reads it without waiting for the network.
  const text = await response.clone().text();
  return response.status === 401 || (text.includes('"UNAUTHENTICATED"') && isRefusal(text));
}

function isRefusal(text: string): boolean {
  try {
    const { data, errors } = JSON.parse(text) as {
      readonly data?: unknown;
      readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
    };
    return data === undefined && errors?.[0]?.extensions?.code === "UNAUTHENTICATED";
  } catch {
    return false;
  }
}

const descriptions = {
  TOKEN_EXPIRED: "The access token expired",
  SESSION_REVOKED: "The session has ended",
};

/** Returns the answer that the server would give to a request of an ended session, without the server's time. */
export function refusalFor(accept: string | null, reason: keyof typeof descriptions): Response {
  const namesNewType = /application\/graphql-response\+json/i.test(accept ?? "");
  const takesOnlyJson = !namesNewType && accept !== null && !accept.includes("*/*");
  const extensions = { code: "UNAUTHENTICATED", reason };
  return new Response(JSON.stringify({ errors: [{ message: "Could not validate credentials", extensions }] }), {
    status: takesOnlyJson ? 200 : 401,
    headers: {
      "content-type": `application/${namesNewType ? "graphql-response+json" : "json"}; charset=utf-8`,
      "www-authenticate": `Bearer realm="postern", error="invalid_token", error_description="${descriptions[reason]}"`,
    },
  });
}

/** Throws if an answer of the GraphQL endpoint is a page, which a client could only fail to parse. */
export function assertNoPage(response: Response, url: string): void {
  if (/^text\/html\b/i.test(typeOf(response))) throw new Error(wrongAnswer(response, url));
}

/** Returns the message for an answer that isn't GraphQL's. */
export function wrongAnswer(response: Response, url: string): string {
  const what = typeOf(response).split(";", 1)[0] || "no media type";
  const from = "A proxy may have answered, or the address is another server's; try again, or check the address.";
  return `${url} answered with ${what} and status ${response.status} instead of JSON. ${from}`;
}

const typeOf = ({ headers }: Response): string => headers.get("content-type") ?? "";
