// Renews docs/settings.md, .env.example and the list of metrics after a change to the settings or to what is measured.
import { readFileSync, writeFileSync } from "node:fs";

import { environmentExample, settingsPage } from "../src/config/settings-page.js";
import { withMetricsList } from "../src/metrics/page.js";

writeFileSync("docs/settings.md", settingsPage());
writeFileSync(".env.example", environmentExample());
writeFileSync("docs/operations.md", withMetricsList(readFileSync("docs/operations.md", "utf8")));
