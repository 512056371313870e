import { makeCast, removeCast, type Cast, type Stage } from "./stage.js";
import { writers, type Scene, type Writer } from "./writers.js";

/** The answers to one writer while loops of another one ran. */
export type PairCount = {
  readonly writer: string;
  readonly beside: string;
  rounds: number;
  /** How often each code was answered, to both writers. */
  readonly codes: Map<string, number>;
};

/** The codes that a user may receive if somebody else changes the user's account or post at the same time. */
const legitimate =
  "ok UNAUTHENTICATED INVALID_CREDENTIALS INVALID_REFRESH_TOKEN TOO_MANY_ATTEMPTS FORBIDDEN NOT_FOUND CONFLICT".split(
    " ",
  );

export const illegitimateOf = ({ codes }: PairCount): string[] =>
  [...codes.keys()].filter((code) => !legitimate.includes(code));

/** The names of all writers. */
export const allWriters = Object.keys(writers);

const pairOf = (writer: string, beside: string): PairCount => ({ writer, beside, rounds: 0, codes: new Map() });

/** Returns every writer with every writer, including itself. */
export const allPairs = (): PairCount[] =>
  allWriters.flatMap((writer, index) => allWriters.slice(index).map((beside) => pairOf(writer, beside)));

/** Returns every writer with loops of these. */
export const pairsBeside = (loops: readonly string[]): PairCount[] =>
  loops.flatMap((beside) => allWriters.map((writer) => pairOf(writer, beside)));

// Their users share only the rows that are pruned.
const pairsAtOnce = 4;
const [loopsAtOnce, stepsOfLoop] = [4, 2];

/**
 * Runs each pair once, on users of its own. One writer acts for each of the two users, while four loops of the other
 * one run, two for each user.
 *
 * @param isOver asked before each pair; true ends the round.
 */
export async function runRound(stage: Stage, pairs: readonly PairCount[], isOver = () => false): Promise<void> {
  const waiting = pairs.values();
  const work = async () => {
    for (const pair of waiting) {
      if (isOver()) return;
      const cast = await makeCast(stage);
      await runPair(stage, pair, cast);
      await removeCast(stage, cast);
    }
  };
  await Promise.all(Array.from({ length: pairsAtOnce }, work));
}

async function runPair(stage: Stage, pair: PairCount, cast: Cast): Promise<void> {
  const { codes } = pair;
  const run = async (writer: Writer, index: number, turn: number) => {
    const [self, other] = [cast[index % 2]!, cast[(index + 1) % 2]!];
    const scene: Scene = { stage, self, other, turn };
    const code = await writer(scene);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  const loop = async (index: number) => {
    for (let step = 0; step < stepsOfLoop; step += 1)
      await run(writers[pair.beside]!, index, index + step + pair.rounds);
  };
  await Promise.all([
    ...Array.from({ length: loopsAtOnce }, (_, index) => loop(index)),
    ...[0, 1].map((index) => run(writers[pair.writer]!, index, index + pair.rounds)),
  ]);
  pair.rounds += 1;
}
