import { compile } from "@fastify/proxy-addr";
import type { FastifyRequest } from "fastify";
import { isIP } from "node:net";

/** The entry of `TRUST_PROXY` for whoever connects through a Unix socket. */
export const unixPeers = "unix";

/**
 * Reports whether a hop's word on the one before it counts. Proxies may write addresses with ports or in brackets.
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
 * The client's IP address: the farthest that trusted proxies vouch for. An entry of `X-Forwarded-For` that is no address
 * counts for the hop that sent it, not for one client whom all such entries would share. Null on a Unix socket.
 */
export function clientAddressOf(request: FastifyRequest): string | null {
  const hops: readonly (string | undefined)[] = request.ips ?? [request.ip];
  for (const hop of hops.toReversed()) {
    const address = hop === undefined ? undefined : plainAddress(hop);
    if (address !== undefined) return address;
  }
  return null;
}

/** An IP address without brackets or port; undefined if it is none. */
function plainAddress(text: string): string | undefined {
  const trimmed = text.trim();
  if (isIP(trimmed) !== 0) return trimmed;
  const [, bracketed, v4] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(trimmed) ?? [];
  const address = bracketed ?? v4;
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
