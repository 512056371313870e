import { request } from "node:http";

/** What a request came to. It is never an exception: what goes wrong is to be judged. */
export type Answer = {
  /** `ok`, the first error's code, `closed` where the connection broke, or `unanswered`. */
  readonly code: string;
  /** 0 where there is no answer. */
  readonly status: number;
  /** `extensions` of the first error, or what the system said of the connection. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly data: any;
  /** By `performance.now()`. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** By the clock of the harness. */
  readonly sentAtTime: number;
  readonly answeredAtTime: number;
};

export type Sent = {
  readonly url: string;
  readonly query: string;
  readonly variables?: object | undefined;
  readonly token?: string | undefined;
  /** Where it seems to come from: wrong passwords and turns are counted by that. */
  readonly address: string;
};

// Longer than any answer may take, and than a commit is held by a database that stands still.
const patienceMilliseconds = 60_000;

/**
 * Sends a request on a connection of its own. One that is kept may be closed by the server just when it is used again,
 * which would look like a process that has died.
 */
export function send({ url, query, variables, token, address }: Sent): Promise<Answer> {
  return new Promise((resolve) => {
    const sentAt = performance.now();
    const sentAtTime = Date.now();
    const settle = (code: string, status = 0, details = {}, data?: unknown) =>
      resolve({
        code,
        status,
        details,
        data,
        sentAt,
        sentAtTime,
        answeredAt: performance.now(),
        answeredAtTime: Date.now(),
      });
    const sent = request(
      url,
      {
        agent: false,
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/graphql-response+json",
          "x-forwarded-for": address,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", (error) => settle("closed", 0, { message: error.message }));
        response.on("end", () => {
          const status = response.statusCode!;
          const body = parsed(text);
          const error = body?.errors?.[0];
          const code = error === undefined ? (status === 200 ? "ok" : `HTTP ${status}`) : error.extensions.code;
          settle(code, status, { ...error?.extensions, message: error?.message }, body?.data);
        });
      },
    );
    sent.setTimeout(patienceMilliseconds, () => {
      settle("unanswered");
      sent.destroy();
    });
    sent.on("error", (error: NodeJS.ErrnoException) => settle("closed", 0, { message: error.code ?? error.message }));
    sent.end(JSON.stringify({ query, variables }));
  });
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
