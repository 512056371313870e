import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { buildSchema, parse } from "graphql";

/** Generates the types of documents into a folder, with graphql-codegen's client preset in its default settings. */
export async function generateTypes(folder: string, texts: readonly string[], presetConfig = {}): Promise<void> {
  const schema = readFileSync("schema.graphql", "utf8");
  const outputs = await preset.buildGeneratesSection({
    baseOutputDir: `${folder}/`,
    presetConfig,
    schema: parse(schema),
    schemaAst: buildSchema(schema),
    documents: texts.map((rawSDL) => ({ location: "app.ts", rawSDL, document: parse(rawSDL) })),
    config: { scalars: { DateTime: "string" } },
    pluginMap: {},
    plugins: [],
    pluginContext: {},
  });
  mkdirSync(folder, { recursive: true });
  for (const output of outputs) writeFileSync(output.filename, await codegen(output));
}

/** Returns the documents of a file, which stand between the backquotes of `graphql()`. */
export const documentsIn = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/\bgraphql\(`([^`]+)`\)/g)].map(([, text]) => text!);

/** The documents of the web example. */
export const generateExample = (folder: string): Promise<void> =>
  generateTypes(folder, documentsIn("examples/web/documents.ts"), { fragmentMasking: false });
