// Renews docs/settings.md and .env.example after a change to the settings.
import { writeFileSync } from "node:fs";

import { environmentExample, settingsPage } from "../src/config/settings-page.js";

writeFileSync("docs/settings.md", settingsPage());
writeFileSync(".env.example", environmentExample());
