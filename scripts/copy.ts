// Copies all of a database into an empty one, from SQLite to PostgreSQL or back:
//   npm run db:copy -- --from sqlite:./data/postern.sqlite --to postgresql://user:password@localhost:5432/postern
import { parseArgs } from "node:util";

import { databaseUrl } from "../src/config/setting-rules.js";
import { DatabaseUnusableError, openDatabase, withoutPassword } from "../src/database/database.js";
import { entities } from "../src/schema.js";

import { copyDatabase, CopyRefused } from "./bulk/copy.js";
import { withoutTimeLimits } from "./bulk/load.js";
import { progressOn } from "./bulk/progress.js";

const usage =
  "npm run db:copy -- --from sqlite:./data/postern.sqlite --to postgresql://user:password@host:5432/postern";

function readArguments(): { readonly from: string; readonly to: string } {
  const { values } = parseArgs({ options: { from: { type: "string" }, to: { type: "string" } } });
  const { from = "", to = "" } = values;
  for (const [name, url] of Object.entries({ from, to }))
    if (!databaseUrl.safeParse(url).success)
      throw new CopyRefused(
        `--${name} must be sqlite: and a file's path, or a URL that begins with postgresql://: ${usage}`,
      );
  if (from === to) throw new CopyRefused("--from and --to name the same database");
  return { from, to };
}

async function main(): Promise<void> {
  const { from, to } = readArguments();
  const source = await openDatabase(withoutTimeLimits(from), entities);
  try {
    const target = await openDatabase(withoutTimeLimits(to), entities);
    try {
      const copied = await copyDatabase(source, target, progressOn(process.stderr));
      const counts = Object.entries(copied).map(([table, rows]) => `${rows.toLocaleString("en")} ${table}`);
      console.log(`Copied ${counts.join(", ")} from ${withoutPassword(from)} to ${withoutPassword(to)}`);
    } finally {
      await target.close(true);
    }
  } finally {
    await source.close(true);
  }
}

main().catch((error: unknown) => {
  const known = error instanceof CopyRefused || error instanceof DatabaseUnusableError;
  const isMisuse = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  console.error(known ? error.message : isMisuse ? usage : error);
  process.exitCode = 1;
});
