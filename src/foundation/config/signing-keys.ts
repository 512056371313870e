import { createHash, createHmac, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";

/** A key with its algorithm. It is never used with another one, whatever a token's header says. */
export type SigningKey = {
  /** The `kid` in a token's header. It is the same on every host, and reveals nothing about the key. */
  readonly id: string;
  readonly algorithm: "HS256" | "RS256" | "ES256";
  readonly verifyWith: KeyObject;
  /** Undefined if only the public key is known. */
  readonly signWith: KeyObject | undefined;
};

/** A public key for other services, as a JWK (RFC 7517). */
export type PublicKey = {
  readonly [parameter: string]: unknown;
  readonly kid: string;
  readonly alg: string;
  readonly use: "sig";
};

/** The keys in use: the newest one signs, all of them verify. */
export type Keyring = {
  readonly newest: SigningKey & { readonly signWith: KeyObject };
  readonly byId: ReadonlyMap<string, SigningKey>;
};

/**
 * Makes a key of a secret's bytes.
 *
 * The `KeyObject` is made once: given the text, jsonwebtoken would make one for every token, which takes many times as
 * long as the verification.
 */
export function secretKey(secret: string): SigningKey {
  const bytes = Buffer.from(secret, "utf8");
  const key = createSecretKey(bytes);
  const id = createHmac("sha256", bytes).update("postern kid").digest("hex").slice(0, 16);
  return { id, algorithm: "HS256", verifyWith: key, signWith: key };
}

/**
 * Makes a signing key of a private or public key: RSA of at least 2048 bits, or EC on P-256.
 *
 * @throws Error if it is another kind of key.
 */
export function asymmetricKey(key: KeyObject): SigningKey {
  const verifyWith = key.type === "private" ? createPublicKey(key) : key;
  const signWith = key.type === "private" ? key : undefined;
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const jwk = verifyWith.export({ format: "jwk" });
  if (key.asymmetricKeyType === "rsa") {
    if (modulusLength < 2048) throw new Error(`it is an RSA key of ${modulusLength} bits, and needs at least 2048`);
    return { id: thumbprint({ e: jwk.e, kty: jwk.kty, n: jwk.n }), algorithm: "RS256", verifyWith, signWith };
  }
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1")
    return {
      id: thumbprint({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }),
      algorithm: "ES256",
      verifyWith,
      signWith,
    };
  throw new Error(`it is a key of type ${namedCurve ?? key.asymmetricKeyType}, and must be RSA or P-256`);
}

/**
 * Makes a keyring of keys, newest first.
 *
 * @throws Error if the newest key can't sign, or a key occurs twice.
 */
export function keyringOf(keys: readonly SigningKey[]): Keyring {
  const [newest] = keys;
  if (newest?.signWith === undefined) throw new Error("the newest key can't sign");
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size !== keys.length) throw new Error("a key occurs twice");
  return { newest: { ...newest, signWith: newest.signWith }, byId };
}

/** Returns the public keys of a keyring, for other services to verify tokens; undefined if its keys are secrets. */
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

/** Returns the JWK thumbprint (RFC 7638): a hash of a key's required members in alphabetical order. */
function thumbprint(members: Record<string, string | undefined>): string {
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}
