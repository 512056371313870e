import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";

const known = new LRUCache<string, string>({ max: 1000, memoMethod: makeKey });

/**
 * Returns the part of an IP address that attempts are counted for: all of an IPv4 address, and the first 64 bits of an
 * IPv6 address, because one subscriber has all the rest to choose from (RFC 6177).
 */
export function addressKeyOf(address: string | null): string {
  return address === null ? "none" : known.memo(address);
}

function makeKey(address: string): string {
  if (!ipaddr.isValid(address)) return "none";
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${parsed.toNormalizedString().split(":").slice(0, 4).join(":")}::/64`;
}
