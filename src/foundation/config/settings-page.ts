import { settings, type Setting } from "./setting-list.js";

const list: readonly [string, Setting][] = Object.entries(settings);

/** Returns the settings as a page of documentation, in Markdown. */
export function settingsPage(): string {
  const rows = list.map(([name, { preset, presetText, description }]) => {
    const text = presetText ?? (preset === undefined ? "" : `\`${preset}\``);
    return `| \`${name}\` | ${text} | ${description} |`;
  });
  return `# Settings

Settings are environment variables, or lines of a file \`.env\` in the working folder. The environment takes precedence.
All settings are checked when the server starts. If one can't be used, the server ends with a line that says what is
wrong. A variable whose name looks like a misspelt setting gets a warning, and so does a line of \`.env\` that is not a
setting. Durations have a unit: \`s\`, \`m\`, \`h\` or \`d\`.

An empty setting, such as \`PORT=\` from a compose file, counts as not set, with a warning.

A line of \`.env\` is \`NAME=value\`, with \`export\` before it if you like. Blank lines are skipped, and so are lines whose
first character after blanks is \`#\`. A \`#\` after a blank begins a comment too, but not inside a value. A value in double,
single or back quotes may have blanks around it and line breaks in it; in double quotes \`\\n\` is a line break. The file is
in UTF-8, or in UTF-16 with a byte order mark. If a line can't be read, the server doesn't start, and names the line.

\`NODE_ENV\` is \`production\`, \`development\` or \`test\`. \`production\` requires a key of your own, and changes
the defaults of \`HOST\`, \`INTROSPECTION\` and \`EXPLORER\`. Node's own \`UV_THREADPOOL_SIZE\` is explained in [limits](limits.md).

| variable | default | what it sets |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** Returns a file to copy to `.env`: every setting, commented out, with its default or an example. */
export function environmentExample(): string {
  const entries = list.map(
    ([name, { preset, example, description }]) => `# ${description.replaceAll("`", "")}\n#${name}=${preset ?? example}`,
  );
  return `# Copy this file to .env and remove the # from the lines that you change. See docs/settings.md for more.\n\n${entries.join("\n\n")}\n`;
}
