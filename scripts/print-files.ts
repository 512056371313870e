// Renews the list of files in docs/architecture.md after a file has come, gone or moved.
import { readFileSync, writeFileSync } from "node:fs";

import { withFilesList } from "./files-list.js";

const page = "docs/architecture.md";
writeFileSync(page, withFilesList(readFileSync(page, "utf8")));
