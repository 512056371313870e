import { compile } from "@fastify/proxy-addr";
import type { FastifyRequest } from "fastify";
import { isIP } from "node:net";

/** The entry of `TRUST_PROXY` for clients that connect through a Unix socket. */
export const unixPeers = "unix";

/**
 * Returns a function that reports whether a hop is trusted to name the one before it. Proxies may write addresses with ports
 * or in brackets.
 *
 * @param proxies addresses, networks, `loopback`, `linklocal`, `uniquelocal` and `unix`.
 */
export function trustedHops(proxies: readonly string[]): (address: string | undefined, hop: number) => boolean {
  const trustsUnix = proxies.includes(unixPeers);
  const isTrusted = compile(proxies.filter((entry) => entry !== unixPeers));
  return (address, hop) => {
    if (address === undefined) return trustsUnix;
    const plain = plainAddress(address);
    return plain !== undefined && isTrusted(plain, hop);
  };
}

/**
 * Returns the client's IP address: the farthest one that trusted proxies name; null on a Unix socket. An entry of
 * `X-Forwarded-For` that is not an address counts for the hop that sent it. Otherwise all such entries would be one client.
 */
export function clientAddressOf(request: FastifyRequest): string | null {
  const hops: readonly (string | undefined)[] = request.ips ?? [request.ip];
  for (const hop of hops.toReversed()) {
    const address = hop === undefined ? undefined : plainAddress(hop);
    if (address !== undefined) return address;
  }
  return null;
}

/** Returns an IP address without brackets or port; undefined for other text. */
function plainAddress(text: string): string | undefined {
  const trimmed = text.trim();
  if (isIP(trimmed) !== 0) return trimmed;
  const [, bracketed, v4] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(trimmed) ?? [];
  const address = bracketed ?? v4;
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
