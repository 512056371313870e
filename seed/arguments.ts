import { parseArgs } from "node:util";

/** A command that can't be carried out as it was given, in one line. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

const mostPosts = 10_000_000;

/**
 * What the command is asked for.
 *
 * @throws Misuse where that makes no sense.
 */
export function readArguments(args: readonly string[]): { readonly posts: number; readonly force: boolean } {
  const { posts, force } = parsed(args);
  if (!/^[1-9]\d{0,7}$/.test(posts) || Number(posts) > mostPosts)
    throw new Misuse(
      `--posts must be a whole number from 1 to ${mostPosts.toLocaleString("en")}, for example --posts 1000`,
    );
  return { posts: Number(posts), force };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { posts: { type: "string", default: "240" }, force: { type: "boolean", default: false } },
    }).values;
  } catch (error) {
    // Node's advice after the first sentence fills lines.
    const [problem] = (error as Error).message.split(/\.\s|\.?\n|\.$/);
    throw new Misuse(`${problem}; what can be given is: npm run seed -- --posts 1000 --force`);
  }
}
