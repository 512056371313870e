import type { Listing } from "./post-list.js";
import type { Lists } from "./post.statements.js";

type Asked = { readonly listing: Listing };

/** Lists that are asked for together, for one statement: those that differ in nothing but their author share a slot. */
export type Batch<One extends Asked> = {
  readonly slots: readonly (Lists & One)[];
  /** What the rows answer to each that was asked, in that order. */
  readonly answers: <Row extends { readonly slot: number; readonly author: string | null }, Answer>(
    rows: readonly Row[],
    answer: (row: Row) => Answer,
  ) => Answer[];
};

export function batchOf<One extends Asked>(asked: readonly One[]): Batch<One> {
  const slotsByShape = new Map<string, number>();
  const slots: (One & { authorIds: string[] | undefined })[] = [];
  const places = asked.map((one) => {
    // A search is one list: its index knows nothing of authors.
    const author = one.listing.search === undefined ? one.listing.authorId : undefined;
    const alike = author === undefined ? one : { ...one, listing: { ...one.listing, authorId: undefined } };
    const shape = JSON.stringify([alike, author === undefined]);
    let slot = slotsByShape.get(shape);
    if (slot === undefined) {
      slotsByShape.set(shape, (slot = slots.length));
      slots.push({ ...alike, authorIds: author === undefined ? undefined : [] });
    }
    const { authorIds } = slots[slot]!;
    if (author !== undefined && !authorIds!.includes(author)) authorIds!.push(author);
    return answerPlace(slot, author ?? null);
  });
  return {
    slots,
    answers(rows, answer) {
      const byPlace = new Map(rows.map((row) => [answerPlace(row.slot, row.author), answer(row)]));
      return places.map((place) => byPlace.get(place)!);
    },
  };
}

const answerPlace = (slot: number, author: string | null) => `${slot} ${author ?? ""}`;
