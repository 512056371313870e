// Packs the client alone, for applications that shouldn't install the server's packages:
//   npm run pack:client              postern-client-VERSION.tgz in this folder
//   npm run pack:client -- FOLDER    in another one
import { statSync } from "node:fs";
import { relative } from "node:path";

import { packClient } from "./client-package.js";

const file = packClient(process.argv[2] ?? ".");
console.log(`${relative(".", file)}: ${(statSync(file).size / 1024).toFixed(1)} KiB`);
