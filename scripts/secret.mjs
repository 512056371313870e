// Prints a fresh signing secret or, with --es256, a key pair, and nothing else:
//   JWT_SECRET=$(npm run -s secret) npm start
//   npm run -s secret -- --es256 > signing.pem && JWT_PRIVATE_KEY=./signing.pem npm start
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { es256: { type: "boolean" } } });
if (values.es256) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  process.stdout.write(privateKey.export({ type: "pkcs8", format: "pem" }));
  process.stdout.write(publicKey.export({ type: "spki", format: "pem" }));
} else {
  console.log(randomBytes(32).toString("hex"));
}
