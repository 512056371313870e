import { parse, TokenKind, visit, type DocumentNode, type Token, type ValueNode } from "graphql";

/** A document and its variables, as text from the editors. */
export type Draft = { readonly document: string; readonly variables: string };

const secretName = /password|passphrase|passcode|secret|token|authorization|credential|api_?key/i;
const mention = new RegExp(`\\w*(?:${secretName.source})`, "i");
// A document or JSON inside a string, or a remark such as "password: …".
const mentionWithValue = new RegExp(`${mention.source}\\w*\\W*?[:=]`, "i");
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

type Range = { readonly start: number; readonly end: number };

/**
 * Returns the draft without secrets: tokens, and every literal given to an argument, input field or variable whose name
 * says that it is a secret. A text that mentions such a name and can't be parsed ends before the first mention, because
 * nobody can tell which of its parts the secret is.
 */
export function withoutSecrets({ document, variables }: Draft): Draft {
  const { text, carriers } = cleanDocument(document);
  return { document: text.replace(jwt, ""), variables: cleanVariables(variables, carriers).replace(jwt, "") };
}

/** Cleans a document and names the variables that carry secrets. */
function cleanDocument(text: string): { readonly text: string; readonly carriers: ReadonlySet<string> } {
  let parsed: DocumentNode;
  try {
    parsed = parse(text);
  } catch {
    const isSuspect = mention.test(text);
    const names = isSuspect ? text.matchAll(/\$(\w+)/g) : [];
    return {
      text: upTo(text, mention),
      carriers: new Set(Array.from(names, ([, name]) => name!)),
    };
  }
  const carriers = carriersIn(parsed);
  const literals = [...secretLiteralsIn(parsed, carriers), ...stringsWithMentions(parsed)];
  const comments = secretComments(parsed, text);
  return { text: replaced(text, literals, comments), carriers };
}

const isSecret = (name: string, carriers: ReadonlySet<string>): boolean => secretName.test(name) || carriers.has(name);

/** Returns the variables whose value is given to an argument or input field that is named like a secret. */
function carriersIn(document: DocumentNode): ReadonlySet<string> {
  const carriers = new Set<string>();
  const collect = ({ name, value }: { readonly name: { readonly value: string }; readonly value: ValueNode }) => {
    if (secretName.test(name.value)) visit(value, { Variable: (variable) => void carriers.add(variable.name.value) });
  };
  visit(document, { Argument: collect, ObjectField: collect });
  return carriers;
}

function secretLiteralsIn(document: DocumentNode, carriers: ReadonlySet<string>): readonly Range[] {
  const found: Range[] = [];
  const add = ({ loc }: ValueNode) => void found.push(loc!);
  const collect = (value: ValueNode) =>
    visit(value, { StringValue: add, IntValue: add, FloatValue: add, EnumValue: add });
  const ofPair = ({ name, value }: { readonly name: { readonly value: string }; readonly value: ValueNode }) => {
    if (secretName.test(name.value)) collect(value);
  };
  visit(document, {
    Argument: ofPair,
    ObjectField: ofPair,
    VariableDefinition({ variable, defaultValue }) {
      if (defaultValue !== undefined && isSecret(variable.name.value, carriers)) collect(defaultValue);
    },
  });
  return found;
}

function stringsWithMentions(document: DocumentNode): readonly Range[] {
  const found: Range[] = [];
  visit(document, {
    StringValue({ value, loc }) {
      if (mentionWithValue.test(value)) found.push(loc!);
    },
  });
  return found;
}

/** Returns comments from the first mention of a secret on. Comments right after it may continue it. */
function secretComments(document: DocumentNode, text: string): readonly Range[] {
  const found: Range[] = [];
  let isInside = false;
  for (let token: Token | null = document.loc!.startToken; token !== null; token = token.next) {
    const { kind, start, end } = token;
    const at = kind === TokenKind.COMMENT ? text.slice(start, end).search(mention) : -1;
    if (kind !== TokenKind.COMMENT) isInside = false;
    else if (isInside) found.push({ start, end });
    else if (at >= 0) {
      isInside = true;
      found.push({ start: start + at, end });
    }
  }
  return found;
}

/** Replaces each literal by an empty string and removes each comment. Ranges may overlap. */
function replaced(text: string, literals: readonly Range[], comments: readonly Range[]): string {
  const cuts = [
    ...literals.map((range) => ({ ...range, by: '""' })),
    ...comments.map((range) => ({ ...range, by: "" })),
  ].toSorted((one, other) => one.start - other.start);
  let clean = "";
  let done = 0;
  for (const { start, end, by } of cuts) {
    if (start < done) continue;
    clean += text.slice(done, start) + by;
    done = end;
  }
  return clean + text.slice(done);
}

/** Returns the text before its first match; all of it if there is none. */
function upTo(text: string, pattern: RegExp): string {
  const at = text.search(pattern);
  return at < 0 ? text : text.slice(0, at);
}

function cleanVariables(text: string, carriers: ReadonlySet<string>): string {
  try {
    JSON.parse(text);
  } catch {
    const names = [mention.source, ...Array.from(carriers, (name) => `"${name}"`)];
    return upTo(text, new RegExp(names.join("|"), "i"));
  }
  return cleanJson(text, carriers);
}

const jsonTokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Replaces each literal under the key of a secret by an empty string. All else stays as it was typed. */
function cleanJson(text: string, carriers: ReadonlySet<string>): string {
  const words = Array.from(text.matchAll(jsonTokens), ([word]) => word);
  /** Whether everything is secret, for each open object or list. */
  const open: boolean[] = [];
  let valueIsSecret = false;
  let position = 0;
  return text.replace(jsonTokens, (word) => {
    position += 1;
    const isInSecret = open.at(-1) === true;
    if (word === "{" || word === "[") open.push(isInSecret || valueIsSecret);
    else if (word === "}" || word === "]") open.pop();
    if (word === ":") return word;
    if (/^[{}[\],]$/.test(word)) {
      valueIsSecret = false;
      return word;
    }
    if (words[position] === ":") {
      valueIsSecret = isSecret(JSON.parse(word) as string, carriers);
      return word;
    }
    const isLiteral = !["true", "false", "null"].includes(word);
    return isLiteral && (isInSecret || valueIsSecret || mentionWithValue.test(word)) ? '""' : word;
  });
}
