// Records how a built server answers some thousands of generated operations, and compares two recordings. It shows that
// a change of the code's shape left the behaviour alone. It knows the server by HTTP only, so the server may be of any
// checkout:
//   npm run proof:answers -- record --server ../before --out before.jsonl
//   npm run proof:answers -- record --server . --out after.jsonl
//   npm run proof:answers -- compare before.jsonl after.jsonl
// --server names a folder with dist/main.js in it. With --database postgresql the server runs on PostgreSQL: the one of
// --database-url, whose user may create databases, else one that is started for the recording. --seed names other
// operations, and --chapters some of the chapters. The comparison exits with 1 if more differs than wording.
// Both recordings are to be made by the same version of this tool. One takes about four minutes; on a busy machine an
// answer may come too late, and its chapter is to be recorded once more.
import { parseArgs } from "node:util";

import { compare } from "./compare.js";
import { record } from "./record.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: "." },
    out: { type: "string" },
    database: { type: "string", default: "sqlite" },
    "database-url": { type: "string" },
    seed: { type: "string", default: "1" },
    chapters: { type: "string" },
  },
});

function end(problem: string): never {
  console.error(problem);
  process.exit(1);
}

const [task, before, after] = positionals;
const database = values["database-url"] === undefined ? values.database : "postgresql";
if (task === "record") {
  if (database !== "sqlite" && database !== "postgresql") end("--database takes sqlite or postgresql");
  if (values.out === undefined) end("--out names the file to write, for example --out before.jsonl");
  if (!/^\d+$/.test(values.seed)) end("--seed takes a whole number, for example 1");
  await record({
    folder: values.server,
    file: values.out,
    database,
    databaseUrl: values["database-url"],
    seed: Number(values.seed),
    chapters: values.chapters?.split(","),
  });
} else if (task === "compare" && before !== undefined && after !== undefined) {
  process.exitCode = compare(before, after) ? 0 : 1;
} else {
  end("Name a task: record --server FOLDER --out FILE, or compare FILE FILE");
}
