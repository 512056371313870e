// Renews the types of the web example's documents after a change to them, or to the schema.
import { rmSync } from "node:fs";

import { generateExample } from "./codegen.js";

rmSync("examples/web/gql", { recursive: true, force: true });
await generateExample("examples/web/gql");
