import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Locked = {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
};

/** The packages of package-lock.json, by their folder in node_modules. */
export type LockedPackages = Readonly<Record<string, Locked>>;

/** Licences that only require a notice, so that Postern can be redistributed under any terms. */
export const allowedLicences: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
];

/** Returns the packages that the files of a folder import; their code is bundled with them. */
function importedIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".config.ts"),
  );
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
  const imported = texts.flatMap((text) =>
    Array.from(text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g), ([, name]) => name!),
  );
  // Neither files beside it nor Node's own modules.
  return imported
    .filter((name) => !/^(\.|node:)/.test(name))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
}

/** Returns the folders of all packages that Postern ships or installs: dependencies, and packages in its pages. */
export function shipped(packages: LockedPackages): string[] {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
      const place = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
      if (place in packages) return follow(place);
      if (at === "") return;
    }
  };
  const needsOf = (place: string): string[] => {
    const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = packages[place]!;
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
  };
  const follow = (place: string): void => {
    if (found.has(place)) return;
    found.add(place);
    for (const name of needsOf(place)) add(name, place);
  };
  for (const name of [...needsOf(""), ...importedIn("explorer")]) add(name, "");
  return [...found];
}

/** Returns the name of the package in a folder. */
export const nameOf = (place: string): string =>
  place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);

/** Returns the shipped packages, by licence. */
export function byLicence(packages: LockedPackages): Map<string, string[]> {
  const named = new Map<string, Set<string>>();
  for (const place of shipped(packages)) {
    const licence = packages[place]!.license ?? "unknown";
    named.set(licence, (named.get(licence) ?? new Set()).add(nameOf(place)));
  }
  return new Map(
    [...named].toSorted(([a], [b]) => a.localeCompare(b)).map(([licence, names]) => [licence, [...names].toSorted()]),
  );
}

/** Returns the packages whose licence is unknown or not allowed. */
export function refusedLicences(licences: ReadonlyMap<string, readonly string[]>): string[] {
  const isAllowed = (licence: string): boolean => {
    const plain = licence.replace(/^\((.*)\)$/, "$1");
    if (plain.includes(" OR ")) return plain.split(" OR ").some(isAllowed);
    return plain.split(" AND ").every((name) => allowedLicences.includes(name));
  };
  return [...licences].flatMap(([licence, names]) =>
    isAllowed(licence) ? [] : names.map((name) => `${name}: ${licence}`),
  );
}

/** Returns the page of licences, in Markdown. */
export function licencesPage(licences: ReadonlyMap<string, readonly string[]>): string {
  const parts = [...licences].map(
    ([licence, names]) => `## ${licence}\n\n${names.map((name) => `- \`${name}\``).join("\n")}\n`,
  );
  return `# Licences of others

Postern is under the MIT licence. These packages are installed with it, or are a part of the explorer's files. The text of
each licence lies in the package itself. \`npm run licences\` writes this page.

${parts.join("\n")}`;
}
