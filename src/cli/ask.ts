import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { newPasswordRules } from "../features/account/account.input.js";
import { checkArguments } from "../kit/validation.js";
import { exitCodes, Refusal, type Streams } from "./command.js";

const isInteractive = ({ stdin, stderr }: Streams): boolean => stdin.isTTY && stderr.isTTY;

const misused = (message: string): Refusal => new Refusal(message, "USAGE", exitCodes.misused);

/**
 * Asks before something that can't be undone. What is asked goes to standard error, so that standard output has what the
 * command answers and nothing else.
 *
 * @throws Refusal where nobody says yes, or nobody can be asked.
 */
export async function confirm(streams: Streams, question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  if (!isInteractive(streams)) throw misused(`${question} Add --yes: this can't be undone, and nobody can be asked`);
  const answer = await withLines(streams, streams.stderr, (ask) => ask(`${question} [y/N] `));
  if (!/^y(es)?$/i.test(answer.trim())) throw declined();
}

const declined = () => new Refusal("Nothing has been changed", "DECLINED");

/** Reads lines of a terminal, those too that are typed before they are asked for; Ctrl+C and Ctrl+D decline. */
async function withLines<Result>(
  { stdin, stderr }: Streams,
  output: NodeJS.WritableStream,
  work: (ask: (prompt: string) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  // Without a history, whose last line would stand for a password typed once more.
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  let isOpen = true;
  lines.once("SIGINT", () => lines.close()).once("close", () => (isOpen = false));
  const typed = lines[Symbol.asyncIterator]();
  try {
    return await work(async (prompt) => {
      lines.setPrompt(prompt);
      // Whoever has pressed Ctrl+C before has closed it, which newer versions of Node refuse to prompt.
      if (isOpen) lines.prompt();
      const line = await typed.next();
      if (line.done !== true) return line.value;
      stderr.write("\n");
      throw declined();
    });
  } finally {
    lines.close();
  }
}

/** Where a new password comes from. */
export type PasswordOptions = { readonly generate?: boolean; readonly passwordStdin?: boolean };

/**
 * A new password: made up, from standard input, or typed twice without being seen.
 *
 * @returns whether it was made up too, and so has to be told once.
 * @throws KnownError `BAD_USER_INPUT` for one that nobody may have; Refusal where there is none.
 */
export async function newPassword(
  streams: Streams,
  { generate, passwordStdin }: PasswordOptions,
): Promise<{ readonly password: string; readonly isNew: boolean }> {
  if (generate === true) return { password: randomBytes(18).toString("base64url"), isNew: true };
  const given = passwordStdin === true ? await onlyLine(streams) : await typedTwice(streams);
  return { ...checkArguments(newPasswordRules, { password: given }), isNew: false };
}

/** The only line of standard input, without its end and a byte order mark, which `echo`, editors and shells add. */
async function onlyLine({ stdin }: Streams): Promise<string> {
  const bytes = await buffer(stdin);
  // Nobody could type what would be stored in place of it.
  if (!isUtf8(bytes)) throw new Refusal("The password on standard input isn't in UTF-8");
  const line = bytes
    .toString()
    .replace(/^\uFEFF/, "")
    .replace(/\r?\n$/, "");
  if (/[\r\n]/.test(line)) throw new Refusal("There is more than one line on standard input: give the password alone");
  return line;
}

async function typedTwice(streams: Streams): Promise<string> {
  if (!isInteractive(streams))
    throw misused("There is no terminal to type a password: add --generate or --password-stdin");
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  return withLines(streams, unseen, async (ask) => {
    const askUnseen = async (label: string) => {
      streams.stderr.write(label);
      const typed = await ask("");
      streams.stderr.write("\n");
      return typed;
    };
    const password = await askUnseen("New password: ");
    if ((await askUnseen("Once more: ")) !== password)
      throw new Refusal("The two are not alike: nothing has been changed");
    return password;
  });
}
