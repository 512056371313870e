import { createHmac } from "node:crypto";

/** A token made by hand, so that it can be anything that a library would refuse to sign. */
export type Token = { header: Record<string, unknown>; payload: unknown };

/** Takes a token apart. */
export function parse(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { header, payload };
}

/** Signs with HMAC, SHA-256 unless the header's `alg` names another, whatever the rest says. */
export function sign({ header, payload }: Token, secret: string): string {
  return signText(JSON.stringify(header), JSON.stringify(payload), secret, String(header["alg"]));
}

/** The same for a header and a payload that are already text. */
export function signText(header: string, payload: string, secret: string, algorithm = "HS256"): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const hash = { HS384: "sha384", HS512: "sha512" }[algorithm] ?? "sha256";
  return `${input}.${createHmac(hash, secret).update(input).digest("base64url")}`;
}

export function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
