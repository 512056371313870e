// Renews schema.graphql after a change to the GraphQL surface.
import { writeFileSync } from "node:fs";

import { printedSchema } from "../src/graphql/schema.js";

writeFileSync("schema.graphql", printedSchema());
