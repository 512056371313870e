import { isCode } from "./answer-form.js";

/** One place where two recordings differ. */
export type Difference = {
  /** The place, with `*` for each place in a list. */
  readonly pointer: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Whether the two differ only in a text for people. */
  readonly isWording: boolean;
};

const wordingKeys = new Set(["message", "description", "closeReason"]);

/** Returns every difference between two values of JSON, the order of members included. */
export function differences(before: unknown, after: unknown, pointer = ""): Difference[] {
  if (Object.is(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((item, index) => differences(item, after[index], `${pointer}/*`));
  if (isRecord(before) && isRecord(after)) return differencesOfRecords(before, after, pointer);
  if (Array.isArray(before) && Array.isArray(after) && JSON.stringify(before) === JSON.stringify(after)) return [];
  const key = pointer.slice(pointer.lastIndexOf("/") + 1);
  const areTexts = typeof before === "string" && typeof after === "string";
  const isWording = areTexts && wordingKeys.has(key) && !isCode(before) && !isCode(after);
  return [{ pointer, before, after, isWording }];
}

function differencesOfRecords(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  pointer: string,
): Difference[] {
  const [old, current] = [Object.keys(before), Object.keys(after)];
  const found = [...new Set([...old, ...current])].flatMap((key) =>
    differences(before[key], after[key], `${pointer}/${key}`),
  );
  const common = (keys: readonly string[]) => keys.filter((key) => key in before && key in after).join(" ");
  if (common(old) !== common(current))
    found.push({ pointer: `${pointer} (order)`, before: old, after: current, isWording: false });
  return found;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
