import { createHmac } from "node:crypto";

/** A token made by hand, which may be something that a library would not sign. */
export type Token = { header: Record<string, unknown>; payload: unknown };

/** Parses a token. */
export function parse(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { header, payload };
}

/** Signs with HMAC and SHA-256, or the hash in the header's `alg`, whatever the rest of the token says. */
export function sign({ header, payload }: Token, secret: string): string {
  return signText(JSON.stringify(header), JSON.stringify(payload), secret, String(header["alg"]));
}

/** Signs a header and a payload that are texts already. */
export function signText(header: string, payload: string, secret: string, algorithm = "HS256"): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const hash = { HS384: "sha384", HS512: "sha512" }[algorithm] ?? "sha256";
  return `${input}.${createHmac(hash, secret).update(input).digest("base64url")}`;
}

export function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
