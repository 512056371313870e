import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { newPasswordRules } from "../features/account/account.input.js";
import { checkArguments } from "../kit/validation.js";
import { exitCodes, CommandError, type Streams } from "./command.js";

const isInteractive = ({ stdin, stderr }: Streams): boolean => stdin.isTTY && stderr.isTTY;

const misused = (message: string): CommandError => new CommandError(message, "USAGE", exitCodes.misused);

/**
 * Asks before a change that can't be undone. The question goes to standard error, so that standard output has only the
 * result.
 *
 * @throws CommandError if the answer isn't yes, or nobody can be asked.
 */
export async function confirm(streams: Streams, question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  if (!isInteractive(streams)) throw misused(`${question} Add --yes: this can't be undone, and nobody can be asked`);
  const answer = await withLines(streams, streams.stderr, (ask) => ask(`${question} [y/N] `));
  if (!/^y(es)?$/i.test(answer.trim())) throw declined();
}

const declined = () => new CommandError("Nothing has been changed", "DECLINED");

/** Reads lines from a terminal, including those typed before the question. Ctrl+C and Ctrl+D decline. */
async function withLines<Result>(
  { stdin, stderr }: Streams,
  output: NodeJS.WritableStream,
  work: (ask: (prompt: string) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  // Without a history: the arrow keys would show a password.
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  let isOpen = true;
  lines.once("SIGINT", () => lines.close()).once("close", () => (isOpen = false));
  const typed = lines[Symbol.asyncIterator]();
  try {
    return await work(async (prompt) => {
      lines.setPrompt(prompt);
      // Ctrl+C may have closed it already. Newer versions of Node don't prompt then.
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

/** The source of a new password. */
export type PasswordOptions = { readonly generate?: boolean; readonly passwordStdin?: boolean };

/**
 * Returns a new password: generated, from standard input, or typed twice without being shown.
 *
 * @returns `isNew` is true for a generated password, which must be shown once.
 * @throws KnownError `BAD_USER_INPUT` for a password that breaks the rules; CommandError if there is none.
 */
export async function newPassword(
  streams: Streams,
  { generate, passwordStdin }: PasswordOptions,
): Promise<{ readonly password: string; readonly isNew: boolean }> {
  if (generate === true) return { password: randomBytes(18).toString("base64url"), isNew: true };
  const given = passwordStdin === true ? await onlyLine(streams) : await typedTwice(streams);
  return { ...checkArguments(newPasswordRules, { password: given }), isNew: false };
}

/** Returns the only line of standard input, without a line end or byte order mark, which `echo`, editors and shells add. */
async function onlyLine({ stdin }: Streams): Promise<string> {
  const bytes = await buffer(stdin);
  // Nobody could type the characters that would be stored.
  if (!isUtf8(bytes)) throw new CommandError("The password on standard input isn't in UTF-8");
  const line = bytes
    .toString()
    .replace(/^\uFEFF/, "")
    .replace(/\r?\n$/, "");
  if (/[\r\n]/.test(line))
    throw new CommandError("There is more than one line on standard input: give the password alone");
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
      throw new CommandError("The passwords are not the same: nothing has been changed");
    return password;
  });
}
