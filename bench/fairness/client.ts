import { Agent, request, type IncomingMessage } from "node:http";

/** What a request came to. It is never an exception: what goes wrong is part of the figures. */
export type Answer = {
  /** `ok`, the first error's code, `HTTP 503` and the like where there is none, or `closed` without an answer. */
  readonly code: string;
  /** When it was sent, by `performance.now()`. */
  readonly sentAt: number;
  readonly milliseconds: number;
  readonly bytes: number;
  /** Where the server said when to try again. */
  readonly retryAfterSeconds: number | undefined;
  readonly data: any;
};

/** Somebody who sends requests from an address of their own, signed in or not. */
export type Client = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly send: (query: string, variables?: object, options?: SendOptions) => Promise<Answer>;
  readonly close: () => void;
};
export type SendOptions = { readonly signal?: AbortSignal; readonly address?: string };

/** More than that of an answer is counted and thrown away. */
const longestKept = 1_000_000;

export function clientOf(url: string, address: string, token?: string): Client {
  const agent = new Agent({ keepAlive: true });
  const headers = {
    "content-type": "application/json",
    accept: "application/graphql-response+json",
    "x-forwarded-for": address,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return {
    url,
    headers,
    send: (query, variables = {}, options = {}) =>
      new Promise((resolve) => {
        const sentAt = performance.now();
        const settle = (answer: Partial<Answer> & { code: string }) =>
          resolve({
            sentAt,
            milliseconds: performance.now() - sentAt,
            bytes: 0,
            retryAfterSeconds: undefined,
            data: undefined,
            ...answer,
          });
        const sent = request(
          url,
          {
            agent,
            method: "POST",
            headers: options.address === undefined ? headers : { ...headers, "x-forwarded-for": options.address },
            ...(options.signal && { signal: options.signal }),
          },
          (response) => {
            const chunks: Buffer[] = [];
            let bytes = 0;
            response.on("data", (chunk: Buffer) => {
              if (bytes < longestKept) chunks.push(chunk);
              bytes += chunk.length;
            });
            response.on("end", () => settle({ bytes, ...meaning(response, bytes, chunks) }));
            response.on("error", () => settle({ code: "closed", bytes }));
          },
        );
        sent.on("error", () => settle({ code: "closed" }));
        sent.end(JSON.stringify({ query, variables }));
      }),
    close: () => agent.destroy(),
  };
}

function meaning(response: IncomingMessage, bytes: number, chunks: Buffer[]) {
  const body = bytes > longestKept ? undefined : parsed(Buffer.concat(chunks).toString());
  const error = body?.errors?.[0];
  const said = response.headers["retry-after"] ?? error?.extensions?.retryAfterSeconds;
  const whole = response.statusCode === 200 && error === undefined;
  return {
    code: whole ? "ok" : ((error?.extensions?.code as string | undefined) ?? `HTTP ${response.statusCode}`),
    retryAfterSeconds: said === undefined ? undefined : Number(said),
    data: body?.data,
  };
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The token that somebody sends with. */
export const tokenOf = ({ headers }: Client) => headers["authorization"]?.slice("Bearer ".length);

const logIn = `mutation ($input: LoginInput!) { login(input: $input) { accessToken } }`;
const register = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }`;

/** Signs in, and sends from then on with the token. */
export async function signIn(url: string, address: string, email: string, password: string): Promise<Client> {
  return withToken(url, address, "login", await answerTo(url, address, logIn, { email, password }));
}

/** Makes an account, and sends from then on with its token. */
export async function signUp(url: string, address: string, name: string): Promise<Client & { readonly id: string }> {
  const input = { email: `${name}@example.com`, name, password: `the password of ${name}` };
  const answer = await answerTo(url, address, register, input);
  return { ...withToken(url, address, "register", answer), id: answer.data.register.user.id };
}

async function answerTo(url: string, address: string, mutation: string, input: object): Promise<Answer> {
  const client = clientOf(url, address);
  const answer = await client.send(mutation, { input });
  client.close();
  if (answer.code !== "ok") throw new Error(`signing in was answered ${answer.code}`);
  return answer;
}

function withToken(url: string, address: string, field: string, answer: Answer): Client {
  return clientOf(url, address, answer.data[field].accessToken);
}
