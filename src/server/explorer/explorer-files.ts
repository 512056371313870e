import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

import type { FastifyReply, FastifyRequest } from "fastify";
import Negotiator from "negotiator";

import { securityHeaders } from "../connection/headers.js";

/** The built page, from `src/http` and from `dist/http` alike. */
const folder = new URL("../../../dist/explorer/", import.meta.url);

/** One file with each of its encodings, made when it was built: nobody waits for a compression. */
type ExplorerFile = { readonly type: string; readonly encodings: ReadonlyMap<string, Buffer> };

const typeOf: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** The smallest first. */
const suffixOf = { br: ".br", gzip: ".gz", identity: "" } as const;

let files: ReadonlyMap<string, ExplorerFile> = new Map();

/** The files of the explorer by their names, read once and then held; none until it is built. */
export function explorerFiles(): ReadonlyMap<string, ExplorerFile> {
  if (files.size === 0) files = readFiles();
  return files;
}

function readFiles(): ReadonlyMap<string, ExplorerFile> {
  const names = namesIn(folder);
  return new Map(
    names
      .filter((name) => extname(name) in typeOf)
      .map((name) => [name, { type: typeOf[extname(name)]!, encodings: encodingsOf(name) }]),
  );
}

function namesIn(place: URL): readonly string[] {
  try {
    return readdirSync(place);
  } catch {
    return [];
  }
}

const encodingsOf = (name: string) =>
  new Map(
    Object.entries(suffixOf).map(([encoding, suffix]) => [encoding, readFileSync(new URL(name + suffix, folder))]),
  );

/** Sends a file in the smallest encoding that the client takes, to be kept for as long as `cacheControl` says. */
export function sendFile(
  { type, encodings }: ExplorerFile,
  cacheControl: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const names = [...encodings.keys()];
  const taken = new Negotiator(request.raw).encodings(names);
  const encoding = names.find((name) => taken.includes(name)) ?? "identity";
  if (encoding !== "identity") reply.header("content-encoding", encoding);
  reply.header("vary", `${securityHeaders["vary"]}, Accept-Encoding`).header("cache-control", cacheControl);
  return reply.type(type).send(encodings.get(encoding));
}
