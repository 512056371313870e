import { KnownError } from "../foundation/errors.js";

// A literal may be as long as a post's content, written as escapes if need be. Longer texts belong in variables.
const mostCharacters = 262_144;
const mostOutsideStrings = 65_536;
const mostComments = 1000;
const mostLines = 20_000;

const quote = 0x22;
const hash = 0x23;
const backslash = 0x5c;
const isLineBreak = (code: number): boolean => code === 0x0a || code === 0x0d;

/**
 * Checks a document's text before it is parsed. The parser limits tokens, but not comments, the lines of a block string or
 * the length of a name.
 *
 * @throws KnownError `QUERY_TOO_COMPLEX` with every limit that the text exceeds.
 */
export function checkDocumentText(text: string): void {
  if (text.length > mostCharacters)
    throw tooLong([`more than ${mostCharacters} characters; send long texts as variables`]);
  const { outsideStrings, comments, lines } = measure(text);
  const excess = [
    ...(outsideStrings > mostOutsideStrings ? [`more than ${mostOutsideStrings} characters outside strings`] : []),
    ...(comments > mostComments ? [`more than ${mostComments} comments`] : []),
    ...(lines > mostLines ? [`more than ${mostLines} lines; send long texts as variables`] : []),
  ];
  if (excess.length > 0) throw tooLong(excess);
}

const tooLong = (excess: readonly string[]): KnownError =>
  new KnownError("QUERY_TOO_COMPLEX", `The document has ${excess.join(", and ")}`);

/** Counts everything that takes the lexer time. Strings and comments are read as by the lexer (GraphQL specification, 2.1). */
function measure(text: string) {
  let outsideStrings = 0;
  let comments = 0;
  let lines = 1;
  let isComment = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isLineBreak(code)) {
      lines += 1;
      isComment = false;
    } else if (code === quote && !isComment) {
      const end = endOfString(text, at);
      for (let within = at; within < end; within += 1) if (isLineBreak(text.charCodeAt(within))) lines += 1;
      at = end - 1;
      continue;
    } else if (code === hash && !isComment) {
      isComment = true;
      comments += 1;
    }
    outsideStrings += 1;
  }
  return { outsideStrings, comments, lines };
}

/** Returns the position after the string that begins at `start`, or the document's end if the string doesn't end. */
function endOfString(text: string, start: number): number {
  if (text.startsWith('"""', start)) {
    let end = text.indexOf('"""', start + 3);
    while (end !== -1 && text.charCodeAt(end - 1) === backslash) end = text.indexOf('"""', end + 3);
    return end === -1 ? text.length : end + 3;
  }
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at + 1;
    else if (isLineBreak(code)) return text.length;
  }
  return text.length;
}
