import { Agent, request, type IncomingMessage } from "node:http";

/** The outcome of a request. It is never an exception: a failure is part of what is measured. */
export type Answer = {
  /** `ok`, the first error's code, `HTTP 503` or another status if there is none, `closed`, or `unanswered`. */
  readonly code: string;
  /** 0 if there is no answer. */
  readonly status: number;
  /** The first error's `extensions` and message, or what the system reports about the connection. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly data: any;
  readonly bytes: number;
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

type Outcome = Pick<Answer, "code"> &
  Partial<Pick<Answer, "status" | "details" | "data" | "bytes" | "retryAfterSeconds">>;

export type SendOptions = {
  readonly signal?: AbortSignal | undefined;
  /** The address that the request seems to come from, by `X-Forwarded-For`. */
  readonly address?: string;
};

type Sending = SendOptions & {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent | false;
  readonly patienceMilliseconds?: number;
};

/** Longer answers are counted and discarded. */
const longestKept = 1_000_000;

function post(url: string, body: object, sending: Sending): Promise<Answer> {
  const { agent, address, signal, patienceMilliseconds = 0 } = sending;
  const headers = address === undefined ? sending.headers : { ...sending.headers, "x-forwarded-for": address };
  return new Promise((resolve) => {
    const [sentAt, sentAtTime] = [performance.now(), Date.now()];
    const settle = (outcome: Outcome) => {
      const answeredAt = performance.now();
      const times = { sentAt, answeredAt, milliseconds: answeredAt - sentAt, sentAtTime, answeredAtTime: Date.now() };
      resolve({
        status: 0,
        details: {},
        data: undefined,
        bytes: 0,
        retryAfterSeconds: undefined,
        ...outcome,
        ...times,
      });
    };
    const close = (error: NodeJS.ErrnoException) =>
      settle({ code: "closed", details: { message: error.code ?? error.message } });
    const sent = request(url, { agent, method: "POST", headers, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        if (bytes < longestKept) chunks.push(chunk);
        bytes += chunk.length;
      });
      response.on("end", () => settle(outcomeOf(response, bytes, chunks)));
      response.on("error", close);
    });
    sent.setTimeout(patienceMilliseconds, () => {
      settle({ code: "unanswered" });
      sent.destroy();
    });
    sent.on("error", close);
    sent.end(JSON.stringify(body));
  });
}

function outcomeOf(response: IncomingMessage, bytes: number, chunks: Buffer[]): Outcome {
  const status = response.statusCode!;
  const body = bytes > longestKept ? undefined : parsed(Buffer.concat(chunks).toString());
  const error = body?.errors?.[0];
  const said = response.headers["retry-after"] ?? error?.extensions?.retryAfterSeconds;
  return {
    code: status === 200 && error === undefined ? "ok" : (error?.extensions?.code ?? `HTTP ${status}`),
    status,
    details: { ...error?.extensions, message: error?.message },
    data: body?.data,
    bytes,
    retryAfterSeconds: said === undefined ? undefined : Number(said),
  };
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function headersOf(address: string, token?: string) {
  return {
    "content-type": "application/json",
    accept: "application/graphql-response+json",
    "x-forwarded-for": address,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
}

export type SingleRequest = {
  readonly url: string;
  readonly query: string;
  readonly variables?: object | undefined;
  readonly token?: string | undefined;
  readonly address: string;
};

/**
 * Sends a request on a connection of its own. The server may close a kept connection just when it is used again, which
 * would look like a process that has crashed.
 */
export const send = ({ url, query, variables, token, address }: SingleRequest): Promise<Answer> =>
  post(url, { query, variables }, { headers: headersOf(address, token), agent: false, patienceMilliseconds: 60_000 });

/** Sends requests from one address over kept connections, signed in or not. */
export type Client = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly send: (query: string, variables?: object, options?: SendOptions) => Promise<Answer>;
  readonly close: () => void;
};

export function clientOf(url: string, address: string, token?: string): Client {
  const agent = new Agent({ keepAlive: true });
  const headers = headersOf(address, token);
  return {
    url,
    headers,
    send: (query, variables = {}, options = {}) => post(url, { query, variables }, { ...options, headers, agent }),
    close: () => agent.destroy(),
  };
}

/** Returns the token that a client sends. */
export const tokenOf = ({ headers }: Client) => headers["authorization"]?.slice("Bearer ".length);

const logIn = `mutation ($input: LoginInput!) { login(input: $input) { accessToken } }`;
const register = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken refreshToken user { id } } }`;

/** Signs in and returns a client that sends the token. */
export async function signIn(url: string, address: string, email: string, password: string): Promise<Client> {
  const { accessToken } = (await dataOf(url, address, logIn, { email, password })).login;
  return clientOf(url, address, accessToken);
}

export type NewUser = Client & {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly refreshToken: string;
};

/** Creates an account and returns a client that sends its token. */
export async function signUp(url: string, address: string, name: string): Promise<NewUser> {
  const account = { email: `${name}@example.com`, password: `the password of ${name}` };
  const { accessToken, refreshToken, user } = (await dataOf(url, address, register, { ...account, name })).register;
  return { ...clientOf(url, address, accessToken), ...account, id: user.id, refreshToken };
}

async function dataOf(url: string, address: string, query: string, input: object): Promise<any> {
  const { code, data } = await send({ url, address, query, variables: { input } });
  if (code !== "ok") throw new Error(`signing in was answered ${code}`);
  return data;
}
