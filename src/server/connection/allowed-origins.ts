import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { endpointPath, pathOf } from "./paths.js";

/** A client chooses its origin itself, so the log has no more of them than this. */
const mostReported = 50;
const longestReported = 200;

/** The web origins whose pages may call: those of `CORS_ORIGINS` and, outside production, this machine's. */
export class AllowedOrigins {
  private readonly listed: ReadonlySet<string>;
  private readonly allowsLoopback: boolean;
  private readonly reported = new Set<string>();

  constructor(
    { corsOrigins, production }: { readonly corsOrigins: readonly string[]; readonly production: boolean },
    private readonly log: Logger,
  ) {
    this.listed = new Set(corsOrigins);
    this.allowsLoopback = !production;
  }

  /** Returns the value of `Access-Control-Allow-Origin` for a page; undefined if it may not read answers. */
  headerFor(origin: string): string | undefined {
    if (this.listed.has("*")) return "*";
    return this.listed.has(origin) || (this.allowsLoopback && isLoopback(origin)) ? origin : undefined;
  }

  /**
   * Reports whether a page may open a socket, which browsers leave to the server to decide. A request without an origin
   * does not come from a browser.
   */
  mayOpenSocket(request: FastifyRequest): boolean {
    const { origin } = request.headers;
    return origin === undefined || this.headerFor(origin) !== undefined || isOwn(origin, request);
  }

  /** Logs once that a page's browser keeps the answers of the endpoint from it. */
  reportRefused(origin: string, request: FastifyRequest): void {
    const shown = origin.slice(0, longestReported);
    if (this.reported.has(shown) || this.reported.size === mostReported) return;
    // Browsers send the origin of the server's own pages too, which a proxy may make look like another.
    if (pathOf(request) !== endpointPath || request.headers["sec-fetch-site"] === "same-origin") return;
    if (isOwn(origin, request)) return;
    this.reported.add(shown);
    this.log.warn(
      { origin: shown },
      "a page of this origin can't read the answers; to allow it, add the origin to CORS_ORIGINS",
    );
  }
}

/** Reports whether an origin is that of the server itself. */
function isOwn(origin: string, { host }: FastifyRequest): boolean {
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  // Parsed as a URL of the page's scheme, so that neither case nor a default port makes a difference.
  const own = `${page.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === page.host;
}

/** Reports whether an origin is one of this machine, as a browser sends it. */
function isLoopback(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { origin: same, hostname } = new URL(origin);
  return same === origin && /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
