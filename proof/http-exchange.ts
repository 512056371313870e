import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";

/** A request, header by header as it is sent. Host and Content-Length are added unless they are among the headers. */
export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Buffer | undefined;
};

export type Answered = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
};

/** Opens a request on a connection of its own and returns the response as soon as its headers are there. */
export function open(url: string, { method, path, headers, body }: Asked): Promise<IncomingMessage> {
  const { hostname, port, host } = new URL(url);
  const has = (name: string) => headers.some(([given]) => given.toLowerCase() === name);
  const bytes = body === undefined ? undefined : Buffer.from(body as string);
  const lines = [...headers];
  if (!has("host")) lines.unshift(["Host", host]);
  if (!has("connection")) lines.push(["Connection", "keep-alive"]);
  if (bytes !== undefined && !has("content-length") && !has("transfer-encoding"))
    lines.push(["Content-Length", String(bytes.length)]);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, agent: false, headers: lines.flat() as never }, resolve);
    sent.on("error", reject);
    sent.setTimeout(60_000, () => sent.destroy(new Error("no answer within 60 s")));
    sent.end(bytes);
  });
}

/** Sends a request and reads the response to its end. Status 0 and the error's name stand for no response. */
export async function exchange(url: string, asked: Asked): Promise<Answered> {
  try {
    const response = await open(url, asked);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    response.destroy();
    return { status: response.statusCode!, headers: headersOf(response), bytes: Buffer.concat(chunks) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { status: 0, headers: {}, bytes: Buffer.from(code ?? message) };
  }
}

/** Returns the headers by their names in lower case, each with all of its values. */
export function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name, value] = [rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1]!];
    headers[name] = headers[name] === undefined ? value : `${headers[name]} | ${value}`;
  }
  return headers;
}

/** Sends bytes that no HTTP client would, and returns all that comes back until the connection closes. */
export function exchangeRaw(url: string, text: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.setTimeout(20_000, () => socket.destroy());
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}
