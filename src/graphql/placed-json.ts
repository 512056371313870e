import { randomUUID } from "node:crypto";

import type { FormattedExecutionResult } from "graphql";

type Path = readonly (string | number)[];

/** JSON that is copied into a response at the paths at which execution resolved to an empty value. */
export type PlacedJson = {
  readonly place: (path: Path, json: readonly Buffer[]) => void;
  /** Returns the size in bytes of all JSON that was placed. */
  readonly bytes: () => number;
  /**
   * Returns a result as JSON with what was placed, and a line feed. It is in pieces so that nothing large is copied. The
   * result can't be used afterwards.
   */
  readonly serialize: (result: FormattedExecutionResult) => (string | Buffer)[];
};

// Random, so that no text of a response contains it.
const secret = randomUUID();

export function placedJson(): PlacedJson {
  const placed: { readonly path: Path; readonly json: readonly Buffer[] }[] = [];
  return {
    place: (path, json) => void placed.push({ path, json }),
    bytes: () => placed.reduce((sum, { json }) => json.reduce((all, { length }) => all + length, sum), 0),
    serialize({ errors, data, extensions }) {
      if (placed.length === 0) return [`${JSON.stringify({ errors, data, extensions })}\n`];
      const marks = placed.flatMap(({ path, json }, index) => {
        const mark = `${secret}:${index}`;
        return data != null && setAt(data, path, mark) ? [{ mark: `"${mark}"`, json }] : [];
      });
      const text = JSON.stringify({ errors, data, extensions });
      const found = marks.map(({ mark, json }) => ({ at: text.indexOf(mark), length: mark.length, json }));
      const pieces: (string | Buffer)[] = [];
      let end = 0;
      for (const { at, length, json } of found.toSorted((a, b) => a.at - b.at)) {
        pieces.push(text.slice(end, at), ...json);
        end = at + length;
      }
      return [...pieces, `${text.slice(end)}\n`];
    },
  };
}

/** Sets a value within data. Returns false if the path leads nowhere, because an error has put null above it. */
function setAt(data: Record<string, unknown>, path: Path, value: string): boolean {
  let parent: unknown = data;
  for (const key of path.slice(0, -1)) {
    if (typeof parent !== "object" || parent === null) return false;
    parent = (parent as Record<string | number, unknown>)[key];
  }
  if (typeof parent !== "object" || parent === null) return false;
  (parent as Record<string | number, unknown>)[path.at(-1)!] = value;
  return true;
}
