// Prints a release's bill of materials, with everything that is shipped, in CycloneDX:
//   npm run --silent sbom > postern.cdx.json
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { nameOf, shipped, type LockedPackages } from "./supply-chain/licences.js";

type Component = { name: string; readonly version: string; readonly "bom-ref": string };
type Bill = {
  readonly metadata: { readonly component: Component };
  components: Component[];
  dependencies: { readonly ref: string; readonly dependsOn: string[] }[];
};

const { name, packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  name: string;
  packages: LockedPackages;
};
const { status, stdout, stderr } = spawnSync(
  "npm",
  ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application", "--package-lock-only", "--workspaces=false"],
  { encoding: "utf8", maxBuffer: 1 << 28 },
);
if (status !== 0) throw new Error(stderr);
const bill = JSON.parse(stdout) as Bill;

// npm's --omit=dev also omits packages of the server that a development package needs too.
const isShipped = new Set(shipped(packages).map((place) => `${nameOf(place)}@${packages[place]!.version}`));
const root = bill.metadata.component;
// npm names it after the folder.
root.name = name;
bill.components = bill.components.filter((each) => isShipped.has(`${each.name}@${each.version}`));
const refs = new Set([root, ...bill.components].map((each) => each["bom-ref"]));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
console.log(JSON.stringify(bill, null, 2));
