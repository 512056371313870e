import { createHash, createHmac } from "node:crypto";

const secretOf = (name: string): string => createHash("sha256").update(name).digest("hex");

/** The signing secret. It is the same in every run, so that tokens can be forged and keys keep their ids. */
export const secret = secretOf("answers");
export const anotherSecret = secretOf("somebody else");

const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export function partsOf(token: string): { header: Record<string, unknown>; claims: Record<string, any> } {
  const [header, claims] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { header, claims };
}

/** Signs a header and claims, whatever they say; text is taken as it is. */
export function sign(header: object | string, claims: object | string, key = secret): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}

/** Returns a token like another one, with changes; undefined takes a claim away. */
export function forged(token: string, claims: object = {}, header: object = {}, key = secret): string {
  const good = partsOf(token);
  return sign({ ...good.header, ...header }, { ...good.claims, ...claims }, key);
}
