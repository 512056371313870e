// Prints a fresh signing secret or, with --es256, a key pair, and nothing else.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

const usage = `Prints a fresh signing secret, or with --es256 a fresh key pair:

  JWT_SECRET=$(npm run -s secret) npm start
  npm run -s secret -- --es256 > signing.pem && JWT_PRIVATE_KEY=./signing.pem npm start
`;

function readArguments() {
  try {
    return parseArgs({ options: { es256: { type: "boolean" }, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    // The first sentence says it; the others are about arguments that begin with a dash.
    console.error(
      `${error.message.split(". ")[0].replace(/\.$/, "")}; what can be given is: npm run secret -- --es256`,
    );
    process.exit(1);
  }
}

const { help, es256 } = readArguments();
if (help) {
  process.stdout.write(usage);
} else if (es256) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  process.stdout.write(privateKey.export({ type: "pkcs8", format: "pem" }));
  process.stdout.write(publicKey.export({ type: "spki", format: "pem" }));
} else {
  console.log(randomBytes(32).toString("hex"));
}
