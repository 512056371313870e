import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import jwt from "jsonwebtoken";
import { describe, expect, onTestFinished, test } from "vitest";

import { readConfig } from "../../../src/foundation/config/read-config.js";
import { ConfigError } from "../../../src/foundation/config/config.js";
import { asymmetricKey } from "../../../src/foundation/config/signing-keys.js";
import { testSecret } from "../../../src/testing/test-server.js";
import { postern } from "../../support/admin.js";
import { startApi, type Api } from "../../support/api.js";
import { parse, sign } from "../../../src/testing/forge.js";
import { newFileUrl, newFolder } from "../../support/files.js";

const ec = (namedCurve = "P-256") => generateKeyPairSync("ec", { namedCurve });
const rsa = (modulusLength = 2048) => generateKeyPairSync("rsa", { modulusLength });
const privatePem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }) as string;
const publicPem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }) as string;

const stateOf = async (api: Api, token: string) => {
  const { body } = await api.send("{ me { id } }", { token });
  return body.errors?.[0]?.extensions["reason"] ?? "LIVE";
};

/** The same server with other keys, where the accounts of the first still are. */
async function restarted(url: string, env: Record<string, string>): Promise<Api> {
  return startApi({ DATABASE_URL: url, ...env });
}

test("changes a secret without ending sessions, and refuses tokens of a removed one", async () => {
  const url = newFileUrl();
  const [old, young] = ["the older secret: 1d5f7b0a86c94e2f", "the newer secret: 94c3e08b5a7d6f12"];
  const before = await restarted(url, { JWT_SECRET: old });
  const ada = await before.register("Ada");

  const during = await restarted(url, { JWT_SECRET: `${young},${old}` });
  expect(await stateOf(during, ada.token)).toBe("LIVE");
  const bob = await during.register("Bob");
  expect(parse(bob.token).header["kid"]).not.toBe(parse(ada.token).header["kid"]);

  const after = await restarted(url, { JWT_SECRET: young });
  expect(await stateOf(after, ada.token)).toBe("TOKEN_INVALID");
  expect(await stateOf(after, bob.token)).toBe("LIVE");
});

describe.each([
  { algorithm: "ES256", make: ec },
  { algorithm: "RS256", make: rsa },
])("with a key pair for $algorithm", ({ algorithm, make }) => {
  test("signs tokens that others verify with only the key set", async () => {
    const { privateKey } = make();
    const api = await startApi({ JWT_PRIVATE_KEY: privatePem(privateKey) });
    const { token, id } = await api.register();

    const { status, headers, text } = await api.fetch("/.well-known/jwks.json");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/jwk-set+json; charset=utf-8");
    const [key, ...others] = JSON.parse(text).keys;
    expect(others).toEqual([]);
    expect(key).toMatchObject({ use: "sig", alg: algorithm, kid: parse(token).header["kid"] });
    for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(key).not.toHaveProperty(secret);

    const claims = jwt.verify(token, createPublicKey({ key, format: "jwk" }), {
      algorithms: [algorithm as "ES256"],
      clockTimestamp: api.clock().getTime() / 1000,
    });
    expect(claims).toMatchObject({ sub: id });
    expect(await stateOf(api, token)).toBe("LIVE");
  });

  test("accepts tokens of an older pair whose public key it has", async () => {
    const url = newFileUrl();
    const [old, young] = [make(), make()];
    const ada = await (await restarted(url, { JWT_PRIVATE_KEY: privatePem(old.privateKey) })).register();

    const keys = [privatePem(young.privateKey), publicPem(old.publicKey)].join(",");
    const api = await restarted(url, { JWT_PRIVATE_KEY: keys });

    expect(await stateOf(api, ada.token)).toBe("LIVE");
    expect(JSON.parse((await api.fetch("/.well-known/jwks.json")).text).keys).toHaveLength(2);
    const alone = await restarted(url, { JWT_PRIVATE_KEY: privatePem(young.privateKey) });
    expect(await stateOf(alone, ada.token)).toBe("TOKEN_INVALID");
  });

  test("refuses a token signed with the public key as if it were a secret", async () => {
    const { privateKey, publicKey } = make();
    const api = await startApi({ JWT_PRIVATE_KEY: privatePem(privateKey) });
    const { token } = await api.register();
    const { header, payload } = parse(token);

    for (const secret of [publicPem(publicKey), publicPem(publicKey).trim()])
      expect(await stateOf(api, sign({ header: { ...header, alg: "HS256" }, payload }, secret))).toBe("TOKEN_INVALID");
  });
});

test("names a key by its thumbprint: the example of RFC 7638, and one on P-256", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  const example = createPublicKey({ key: { kty: "RSA", e: "AQAB", n }, format: "jwk" });
  expect(asymmetricKey(example).id).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");

  const { publicKey } = ec();
  const { x, y } = publicKey.export({ format: "jwk" });
  const text = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
  expect(asymmetricKey(publicKey).id).toBe(createHash("sha256").update(text).digest("base64url"));
});

test("refuses tokens of a secret once there are key pairs, and their sessions stay", async () => {
  const url = newFileUrl();
  const ada = await (await restarted(url, {})).register();

  const api = await restarted(url, { JWT_PRIVATE_KEY: privatePem(ec().privateKey) });

  expect(await stateOf(api, ada.token)).toBe("TOKEN_INVALID");
  const { body } = await api.send(
    `mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { accessToken } }`,
    {
      variables: { t: ada.refreshToken },
    },
  );
  expect(await stateOf(api, body.data.refreshSession.accessToken)).toBe("LIVE");
});

test("serves no key set if tokens are signed with a secret", async () => {
  const api = await startApi();
  expect((await api.fetch("/.well-known/jwks.json")).status).toBe(404);
});

test("fetches no key that a token's header names, and accepts none that it contains", async () => {
  let requests = 0;
  const elsewhere = createServer((_request, response) => {
    requests += 1;
    response.end("{}");
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void elsewhere.close());
  await new Promise((resolve) => elsewhere.once("listening", resolve));
  const { port } = elsewhere.address() as { port: number };
  const api = await startApi();
  const { token } = await api.register();
  const { header, payload } = parse(token);
  const url = `http://127.0.0.1:${port}/keys`;
  const mine = "a secret of the caller's own making, long";
  const jwk = { kty: "oct", k: Buffer.from(mine).toString("base64url"), kid: header["kid"] };

  for (const extra of [{ jku: url }, { x5u: url }, { jwk }, { x5c: ["MIIB"] }]) {
    expect(await stateOf(api, sign({ header: { ...header, ...extra }, payload }, mine))).toBe("TOKEN_INVALID");
    // They change nothing for a token that is right without them.
    expect(await stateOf(api, sign({ header: { ...header, ...extra }, payload }, testSecret))).toBe("LIVE");
  }
  expect(requests).toBe(0);
});

describe("the setting JWT_PRIVATE_KEY", () => {
  const problemOf = (JWT_PRIVATE_KEY: string) => {
    try {
      readConfig({ JWT_PRIVATE_KEY });
      return undefined;
    } catch (error) {
      return (error as ConfigError).problems.join("\n");
    }
  };
  const { privateKey, publicKey } = ec();

  test("accepts PEM, PEM on one line, or a file", () => {
    const file = join(newFolder(), "key.pem");
    writeFileSync(file, privatePem(privateKey));
    for (const value of [privatePem(privateKey), privatePem(privateKey).replaceAll("\n", "\\n"), file, ` ${file}`])
      expect(problemOf(value)).toBeUndefined();
  });

  test("accepts the output of npm run secret, as JWT_SECRET does", async () => {
    const print = async (...args: string[]) => (await postern(["secret", ...args])).out;
    const file = join(newFolder(), "signing.pem");
    writeFileSync(file, await print("--es256"));
    const production = { NODE_ENV: "production" };

    expect(readConfig({ ...production, JWT_PRIVATE_KEY: file }).config.signingKeys!.newest.algorithm).toBe("ES256");
    const secrets = [(await print()).trim(), (await print()).trim()];
    expect(readConfig({ ...production, JWT_SECRET: secrets.join(",") }).config.signingKeys!.byId.size).toBe(2);
  });

  test("replaces the secret in production", () => {
    expect(() => readConfig({ NODE_ENV: "production", JWT_PRIVATE_KEY: privatePem(privateKey) })).not.toThrow();
  });

  test.each([
    { of: "a file that isn't there", value: "/nowhere/key.pem", says: "ENOENT" },
    { of: "text", value: "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", says: "can't be read" },
    { of: "a public key alone", value: publicPem(publicKey), says: "the newest key can't sign" },
    { of: "a key twice", value: `${privatePem(privateKey)},${publicPem(publicKey)}`, says: "a key occurs twice" },
    { of: "RSA of 1024 bits", value: privatePem(rsa(1024).privateKey), says: "needs at least 2048" },
    { of: "another curve", value: privatePem(ec("P-384").privateKey), says: "must be RSA or P-256" },
    {
      of: "an encrypted key",
      value: privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string,
      says: "can't be read",
    },
    { of: "Ed25519", value: privatePem(generateKeyPairSync("ed25519").privateKey), says: "must be RSA or P-256" },
  ])("refuses $of", ({ value, says }) => {
    const problem = problemOf(value);
    expect(problem).toMatch(/^JWT_PRIVATE_KEY must be PEM, or the name of a PEM file: /);
    expect(problem).toContain(says);
    expect(problem).not.toContain("BEGIN");
  });
});
