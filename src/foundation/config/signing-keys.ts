import { createHash, createHmac, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";

/** A key with its one algorithm: whatever a token's header asks for, no other is ever tried with it. */
export type SigningKey = {
  /** The token header's `kid`: it names the key without telling anything of it, alike on every host that has it. */
  readonly id: string;
  readonly algorithm: "HS256" | "RS256" | "ES256";
  readonly verifyWith: KeyObject;
  /** Undefined for a key that is only known by its public half. */
  readonly signWith: KeyObject | undefined;
};

/** A public key as other services read it (RFC 7517). */
export type PublicKey = {
  readonly [parameter: string]: unknown;
  readonly kid: string;
  readonly alg: string;
  readonly use: "sig";
};

/** The keys in use: one signs, all verify. */
export type Keyring = {
  readonly newest: SigningKey & { readonly signWith: KeyObject };
  readonly byId: ReadonlyMap<string, SigningKey>;
};

/**
 * A secret as a key; the text's bytes are the key.
 *
 * A `KeyObject` is made once: given the text, jsonwebtoken would make one for every token, at many times the price
 * of the check itself.
 */
export function secretKey(secret: string): SigningKey {
  const bytes = Buffer.from(secret, "utf8");
  const key = createSecretKey(bytes);
  const id = createHmac("sha256", bytes).update("postern kid").digest("hex").slice(0, 16);
  return { id, algorithm: "HS256", verifyWith: key, signWith: key };
}

/**
 * A private or public key as a signing key: RSA of 2048 bits at least, or elliptic on P-256.
 *
 * @throws Error that says what else it is.
 */
export function asymmetricKey(key: KeyObject): SigningKey {
  const verifyWith = key.type === "private" ? createPublicKey(key) : key;
  const signWith = key.type === "private" ? key : undefined;
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const jwk = verifyWith.export({ format: "jwk" });
  if (key.asymmetricKeyType === "rsa") {
    if (modulusLength < 2048) throw new Error(`an RSA key of ${modulusLength} bits, where 2048 are the least`);
    return { id: thumbprint({ e: jwk.e, kty: jwk.kty, n: jwk.n }), algorithm: "RS256", verifyWith, signWith };
  }
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1")
    return {
      id: thumbprint({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }),
      algorithm: "ES256",
      verifyWith,
      signWith,
    };
  throw new Error(`a key of type ${namedCurve ?? key.asymmetricKeyType}, where RSA and P-256 are known`);
}

/**
 * Puts keys together, newest first.
 *
 * @throws Error where the newest can't sign, or one is there twice.
 */
export function keyringOf(keys: readonly SigningKey[]): Keyring {
  const [newest] = keys;
  if (newest?.signWith === undefined) throw new Error("the newest key can't sign");
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size !== keys.length) throw new Error("a key is there twice");
  return { newest: { ...newest, signWith: newest.signWith }, byId };
}

/** The public halves of a keyring, for others to verify tokens with; undefined where its keys are secrets. */
export function publicKeysOf({ byId }: Keyring): PublicKey[] | undefined {
  const asymmetric = [...byId.values()].filter(({ algorithm }) => algorithm !== "HS256");
  if (asymmetric.length === 0) return undefined;
  return asymmetric.map(({ id, algorithm, verifyWith }) => ({
    ...verifyWith.export({ format: "jwk" }),
    kid: id,
    alg: algorithm,
    use: "sig",
  }));
}

/** RFC 7638: a hash over a key's required members, in alphabetical order. */
function thumbprint(members: Record<string, string | undefined>): string {
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}
