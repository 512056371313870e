// Renews docs/licences.md after a change to what is installed.
import { readFileSync, writeFileSync } from "node:fs";

import { byLicence, licencesPage, type LockedPackages } from "./supply-chain/licences.js";

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: LockedPackages };
writeFileSync("docs/licences.md", licencesPage(byLicence(packages)));
