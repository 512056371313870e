/** Throws if a body can be sent only once, because a request whose token was rejected is sent again. */
export function assertRepeatable(body: unknown): void {
  if (typeof body !== "object" || body === null) return;
  if ("getReader" in body || Symbol.asyncIterator in body)
    throw new TypeError(
      "A session can't send a stream, because the request may have to be sent twice. Pass the body as a string.",
    );
}

// At the beginning of a document, or after another definition.
const mutation = /(?:^|[}\n])\s*mutation\b/;

/** Reports whether a request is known to have a mutation. */
export async function isMutation(to: string | URL | Request, init: RequestInit | undefined): Promise<boolean> {
  const body = init?.body ?? (to instanceof Request ? await to.clone().text() : undefined);
  try {
    const { query } = JSON.parse(typeof body === "string" ? body : "") as { readonly query?: unknown };
    return typeof query === "string" && mutation.test(query);
  } catch {
    return false;
  }
}

/** Resolves like `work`, or rejects with the signal's reason as soon as it aborts. */
export function unlessAborted<Result>(signal: AbortSignal | null | undefined, work: Promise<Result>): Promise<Result> {
  if (signal == null) return work;
  return new Promise((resolve, reject) => {
    // React Native's signals have no reason.
    const abort = () =>
      reject(signal.reason ?? Object.assign(new Error("The request was aborted"), { name: "AbortError" }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Returns a copy of a request's headers. */
export const headersOf = (to: string | URL | Request, init: RequestInit | undefined): Headers =>
  new Headers(init?.headers ?? (to instanceof Request ? to.headers : undefined));

/** Reports whether a request goes to an endpoint, which may be a path of the page's origin. */
export const isFor = (endpoint: string, to: string | URL | Request): boolean =>
  (to instanceof Request ? to.url : String(to)).split(/[?#]/, 1)[0]!.endsWith(endpoint);
