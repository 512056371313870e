// Renews docs/settings.md, .env.example, the lists of metrics and alerts, the alerts themselves and the dashboard after
// a change to the settings or the metrics.
import { readFileSync, writeFileSync } from "node:fs";

import { environmentExample, settingsPage } from "../src/foundation/config/settings-page.js";
import { metricsList, withList } from "../src/foundation/metrics/metrics-page.js";
import { dashboard } from "./monitoring/dashboard.js";
import { alertRules, alertsList } from "./monitoring/files.js";

writeFileSync("docs/settings.md", settingsPage());
writeFileSync(".env.example", environmentExample());
writeFileSync("deploy/alerts.yml", alertRules());
writeFileSync("deploy/dashboard.json", dashboard());
const page = readFileSync("docs/operations.md", "utf8");
writeFileSync("docs/operations.md", withList(withList(page, "metrics", metricsList()), "alerts", alertsList()));
