import { generateKeyPairSync } from "node:crypto";

import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { forged } from "../tokens.js";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A server that signs with a key pair, which is a new one in each run: parts of the public key are replaced. */
export const keyPair: Chapter = {
  name: "key-pair",
  settings: {
    JWT_SECRET: "",
    JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ACCESS_TOKEN_TTL: "1h",
    JWT_ISSUER: "https://issuer.example",
    JWT_AUDIENCE: "others",
    CLOCK_TOLERANCE: "30s",
  },
  async run(recorder) {
    const ada = await account.register(recorder, "Ada");
    for (const method of ["GET", "HEAD", "POST", "OPTIONS"])
      await recorder.ask({ method, path: "/.well-known/jwks.json", headers: [] });
    for (const token of [ada.token, forged(ada.token), forged(ada.token, {}, { alg: "HS256" })])
      await recorder.graphql({ query: "{ me { id } }", token });
    await account.renew(recorder, ada);
    await account.signIn(recorder, ada);
  },
};
