import { documents } from "./documents.js";

/** The outcome of a request. It is never an exception: a failure is part of what is measured. */
export type Answer = {
  /** `ok`, the first error's code, `HTTP 503` or another status if there is none, `closed`, or `unanswered`. */
  readonly code: string;
  /** 0 if there is no answer. */
  readonly status: number;
  /** The first error's `extensions` and message, or what the system reports about the connection. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly data: any;
  /** When the server says to try again. */
  readonly retryAfterSeconds: number | undefined;
  /** By `performance.now()`. */
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly milliseconds: number;
  /** By this machine's clock. */
  readonly sentAtTime: number;
  readonly answeredAtTime: number;
};

type Outcome = Pick<Answer, "code"> & Partial<Answer>;

export type Request = {
  readonly url: string;
  readonly query: string;
  readonly variables?: object | undefined;
  readonly token?: string | undefined;
  /** The address that the request seems to come from, by `X-Forwarded-For`. */
  readonly address: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to open a connection for this request alone. The server may close a kept connection just when it is used
   * again, which would look like a process that has crashed.
   */
  readonly ownConnection?: boolean;
};

export const headersOf = (address: string, token: string | undefined): Record<string, string> => ({
  "content-type": "application/json",
  accept: "application/graphql-response+json",
  "x-forwarded-for": address,
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
});

const patienceMilliseconds = 60_000;

export async function send(request: Request): Promise<Answer> {
  const [sentAt, sentAtTime] = [performance.now(), Date.now()];
  const outcome = await outcomeOf(request);
  const answeredAt = performance.now();
  const times = { sentAt, answeredAt, milliseconds: answeredAt - sentAt, sentAtTime, answeredAtTime: Date.now() };
  return { status: 0, details: {}, data: undefined, retryAfterSeconds: undefined, ...outcome, ...times };
}

async function outcomeOf({ url, query, variables, token, address, signal, ownConnection }: Request): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headersOf(address, token), ...(ownConnection === true && { connection: "close" }) },
      body: JSON.stringify({ query, variables }),
      signal: signal ?? AbortSignal.timeout(patienceMilliseconds),
    });
    const { status, headers } = response;
    const body = parse(await response.text());
    const error = body?.errors?.[0];
    const retryAfter = headers.get("retry-after") ?? error?.extensions?.retryAfterSeconds;
    return {
      code: status === 200 && error === undefined ? "ok" : (error?.extensions?.code ?? `HTTP ${status}`),
      status,
      details: { ...error?.extensions, message: error?.message },
      data: body?.data,
      retryAfterSeconds: retryAfter == null ? undefined : Number(retryAfter),
    };
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    if (name === "TimeoutError") return { code: "unanswered" };
    return { code: "closed", details: { message: cause?.code ?? cause?.message ?? message } };
  }
}

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns a client that sends requests from one address, signed in or not. */
export const clientOf = (url: string, address: string, token?: string) => ({
  url,
  address,
  token,
  send: (query: string, variables?: object) => send({ url, address, token, query, variables }),
});
export type Client = ReturnType<typeof clientOf>;

/** Returns an answer's data. Throws if it isn't `ok`. */
export async function dataOf(answer: Promise<Answer>): Promise<any> {
  const { code, data, details } = await answer;
  if (code !== "ok") throw new Error(`a request was answered ${code}: ${String(details["message"])}`);
  return data;
}

/** Signs in and returns a client that sends the token. */
export async function signIn(url: string, address: string, email: string, password: string): Promise<Client> {
  const { login } = await dataOf(clientOf(url, address).send(documents.login, { input: { email, password } }));
  return clientOf(url, address, login.accessToken);
}

/** Creates an account and returns a client that sends its token. */
export async function signUp(url: string, address: string, name: string) {
  const account = { email: `${name}@example.com`, password: `the password of ${name}` };
  const { register } = await dataOf(clientOf(url, address).send(documents.register, { input: { ...account, name } }));
  const { accessToken, refreshToken, user } = register as {
    accessToken: string;
    refreshToken: string;
    user: { id: string };
  };
  return { ...clientOf(url, address, accessToken), ...account, id: user.id, refreshToken };
}
export type NewUser = Awaited<ReturnType<typeof signUp>>;
