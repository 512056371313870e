// Renews docs/api.md, the declarations of everything that the package exports. It reads them in dist, as the compiler
// writes them, and fails on forms that it doesn't know.
//   npx tsx scripts/print-api.ts
//   npx tsx scripts/print-api.ts --check     fails if the page is out of date
import { readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";

const page = "docs/api.md";

type Module = {
  /** Declarations with their comments, by name. Additions to other modules' interfaces are by the module's name. */
  readonly declarations: ReadonlyMap<string, string>;
  /** Imports from our own files, by their local names. */
  readonly taken: ReadonlyMap<string, Place>;
  /** The imports that are exported again. */
  readonly passedOn: readonly string[];
};
type Place = { readonly file: string; readonly name: string };

const modules = new Map<string, Module>();

function moduleOf(file: string): Module {
  const known = modules.get(file) ?? read(file);
  modules.set(file, known);
  return known;
}

/** A statement begins at a line that is neither indented nor the end of another. A comment belongs to the next one. */
function statementsIn(text: string): string[] {
  const statements: string[] = [];
  let isComment = false;
  for (const line of text.trimEnd().split("\n")) {
    if (/^[^\s})\]]/.test(line) && !isComment) statements.push(line);
    else statements[statements.length - 1] += `\n${line}`;
    if (/^\/[*/]/.test(line)) isComment = true;
    else if (/^[^\s]/.test(line)) isComment = false;
  }
  return statements;
}

function read(file: string): Module {
  const declarations = new Map<string, string>();
  const taken = new Map<string, Place>();
  const passedOn: string[] = [];
  for (const statement of statementsIn(readFileSync(file, "utf8"))) {
    const bare = statement.replace(/^\/\*[^]*?\*\/\n/, "").replaceAll(/^\/\/.*\n/gm, "");
    const [, kind, names, from] = /^(import|export)(?: type)? \{([^}]*)\} from "([^"]+)"/.exec(bare) ?? [];
    if (names !== undefined) {
      if (!from!.startsWith(".") && kind === "import") continue;
      // The last of several lines ends with a comma.
      for (const each of names.replace(/,\s*$/, "").split(",")) {
        const [name, as = name] = each
          .trim()
          .replace(/^type /, "")
          .split(" as ");
        taken.set(as!, { file: from!.startsWith(".") ? besides(file, from!) : from!, name: name! });
        if (kind === "export") passedOn.push(as!);
      }
      continue;
    }
    const [, name] =
      /^(?:export )?(?:declare )?(?:abstract )?(?:class|function|const|let|type|interface|enum|module) "?([\w/]+)/.exec(
        bare,
      ) ?? [];
    if (name === undefined) {
      if (/^(import |export \{\};)/.test(bare)) continue;
      throw new Error(`${file}: ${bare} is of a form that isn't known here`);
    }
    // Overloads share a name.
    declarations.set(name, [declarations.get(name), statement].filter(Boolean).join("\n"));
  }
  return { declarations, taken, passedOn };
}

const besides = (file: string, from: string) => posix.join(posix.dirname(file), from).replace(/\.js$/, ".d.ts");

/** Returns the place of a name's declaration; undefined if it is another package's. */
function declared({ file, name }: Place): Place | undefined {
  if (!file.endsWith(".d.ts")) return undefined;
  const { declarations, taken } = moduleOf(file);
  if (declarations.has(name)) return { file, name };
  const further = taken.get(name);
  return further && declared(further);
}

const keyOf = ({ file, name }: Place) => `${file} ${name}`;
const textOf = ({ file, name }: Place) =>
  moduleOf(file)
    .declarations.get(name)!
    .replaceAll(/^export (declare )?/gm, "");

/** Returns the places that a declaration refers to. */
function referredTo({ file, name }: Place): Place[] {
  const bare = moduleOf(file)
    .declarations.get(name)!
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/"[^"]*"/g, "");
  const words = new Set(bare.match(/(?<![.\w])[A-Za-z_]\w*/g));
  words.delete(name);
  return [...words].flatMap((word) => declared({ file, name: word }) ?? []);
}

const { name: packageName, exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  name: string;
  exports: Record<string, { types: string } | string>;
};

const shown = new Set<string>();
const section = (title: string, texts: readonly string[]) => `## ${title}\n\n\`\`\`ts\n${texts.join("\n\n")}\n\`\`\`\n`;

const exported: Place[] = [];
const sections = Object.entries(exports).flatMap(([path, entry]) => {
  if (typeof entry === "string") return [];
  const file = posix.normalize(entry.types);
  const { declarations, passedOn, taken } = moduleOf(file);
  const own = [...declarations].filter(([, text]) => /^(export|declare module) /m.test(text)).map(([name]) => name);
  const texts = [...passedOn, ...own].map((name) => {
    const place = declared({ file, name });
    if (place === undefined) return `export { ${name} } from "${taken.get(name)!.file}";`;
    shown.add(keyOf(place));
    exported.push(place);
    return textOf(place);
  });
  return section(posix.join(packageName, path), texts);
});
// The references of those are internal: with them, every internal change would look like one of the API.
const mentioned = exported.flatMap(referredTo).filter((place) => {
  const isNew = !shown.has(keyOf(place));
  shown.add(keyOf(place));
  return isNew;
});

const text = `# The API

What the package exports, as the compiler declares it. Whoever changes it sees so here: \`npm run api\` prints this page,
and \`npm run check:package\` fails where it is another.

${[...sections, section("Types that these mention", mentioned.map(textOf))].join("\n")}`;

if (!process.argv.includes("--check")) writeFileSync(page, text);
else if (readFileSync(page, "utf8") !== text) {
  console.error(`${page} isn't what the package exports: run npm run api, and look at what has changed`);
  process.exit(1);
}
