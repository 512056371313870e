// Renews schema.graphql and docs/fields.md after a change to the GraphQL surface.
import { writeFileSync } from "node:fs";

import { makeSchema, printedSchema } from "../src/graphql/schema.js";
import { fieldsPage } from "./fields-page.js";

writeFileSync("schema.graphql", printedSchema());
writeFileSync("docs/fields.md", fieldsPage(makeSchema()));
