// Does what `npm publish` does except sending the package. With --offline, npm contacts no registry.
//   npx tsx scripts/try-publish.ts
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { private: isPrivate } = JSON.parse(readFileSync("package.json", "utf8")) as { private?: boolean };
if (isPrivate) {
  console.error("package.json is private: npm would publish nothing.");
  process.exit(1);
}

const args = ["publish", "--dry-run", "--offline", "--ignore-scripts"];
// npm run has set a loglevel of its own.
const { status, stderr } = spawnSync("npm", [...args, "--loglevel", "notice"], { encoding: "utf8" });

// npm corrects mistakes of package.json by itself and only warns of them.
const warnings = stderr.split("\n").filter((line) => /^npm (warn|error)/i.test(line) && !/logged in/.test(line));
if (status !== 0 || warnings.length > 0) {
  console.error(`npm ${args.join(" ")} ended with ${String(status)}:\n${stderr}`);
  process.exit(1);
}
const summary = stderr.split("\n").filter((line) => /npm notice (name|version|package size|total files)/.test(line));
console.log(["Ready to publish:", ...summary.map((line) => line.replace("npm notice", " "))].join("\n"));
