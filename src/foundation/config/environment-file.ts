/** The settings of a file `.env`, with a problem for each line that can't be read. */
export type EnvironmentFile = { readonly values: Record<string, string>; readonly problems: readonly string[] };

// A quoted value may span lines. Outside quotes, a # after a blank begins a comment.
const assignment =
  /(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|(?!["'`])([^\n]*?))[ \t]*(?:(?<=[ \t=])#[^\n]*)?$/my;
const yamlPair = /^(?:export\s+)?([\w.-]+)\s*:\s/;

/**
 * Parses a file `.env`: lines `NAME=value`, blank lines and comments, in UTF-8 or, with a byte order mark, in UTF-16. A
 * value in double, single or back quotes may span lines; in double quotes `\n` is a line break. Problems never contain
 * the value of a line.
 */
export function parseEnvironmentFile(bytes: Buffer): EnvironmentFile {
  const text = decodeText(bytes)?.replaceAll(/\r\n?/g, "\n");
  if (text === undefined) return { values: {}, problems: [".env is not text in UTF-8: save it in UTF-8"] };
  const values: Record<string, string> = {};
  const problems: string[] = [];
  let line = 1;
  for (let position = 0; position < text.length;) {
    position += /^[^\S\n]*/.exec(text.slice(position))![0].length;
    const lineEnd = text.indexOf("\n", position) < 0 ? text.length : text.indexOf("\n", position);
    const rest = text.slice(position, lineEnd).trimEnd();
    let end = lineEnd;
    if (rest !== "" && !rest.startsWith("#")) {
      assignment.lastIndex = position;
      const found = assignment.exec(text);
      if (found === null) problems.push(`Line ${line} of .env ${problemOf(rest)}`);
      else {
        const [whole, name, double, single, back, plain] = found;
        values[name!] = double?.replaceAll("\\n", "\n") ?? single ?? back ?? plain!.trimEnd();
        end = position + whole.length;
      }
    }
    line += text.slice(position, end + 1).split("\n").length - 1;
    position = end + 1;
  }
  return { values, problems };
}

/** Decodes text by its byte order mark, or as UTF-8; undefined if it isn't text. */
function decodeText(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 2).toString("hex");
  const encoding = { fffe: "utf-16le", feff: "utf-16be" }[mark] ?? "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function problemOf(line: string): string {
  const [, yamlName] = yamlPair.exec(`${line} `) ?? [];
  if (yamlName !== undefined) return `has a colon after ${yamlName}: write ${yamlName}=… instead`;
  if (!line.includes("=")) return "has no equals sign: write NAME=value, or # before a comment";
  if (!/^(?:export\s+)?[\w.-]+\s*=/.test(line)) return "doesn't begin with a setting's name: write NAME=value";
  return "has a quoted value that doesn't end, or has something after it: put the whole value in one pair of quotes";
}
