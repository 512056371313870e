import type { Contestant } from "./contestants.js";

/** A request as it goes over the wire. */
export function wire({ server }: Contestant, token: string, query: string, variables: object): string {
  const { host, pathname } = new URL(server.url);
  const body = JSON.stringify({ query, variables });
  return [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/json",
    "accept: application/json",
    `authorization: Bearer ${token}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

/** Sends one request. Returns the text of `data` without the rest of the answer. */
export async function dataOf({ server, name }: Contestant, token: string, query: string, variables: object) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const data = /^\{"data":(.*)\}$/s.exec(text.trim())?.[1];
  if (response.status !== 200 || data === undefined)
    throw new Error(`${name} answered ${response.status}: ${text.slice(0, 300)}`);
  return data;
}
