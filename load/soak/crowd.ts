import { setTimeout as pause } from "node:timers/promises";

import { logOut, logOutEverywhere, tryAnyOld } from "./leaving.js";
import { makePerson, type Person, type World } from "./person.js";
import { create, readOwn, readPage, remove, searchOne, update, vote } from "./posting.js";
import { randomOf } from "../random.js";

/** The actions of people, each with its share in percent. */
const habits: readonly (readonly [number, (person: Person, world: World) => Promise<unknown>])[] = [
  [22, readPage],
  [14, readOwn],
  [8, searchOne],
  [16, create],
  [8, update],
  [3, remove],
  [10, (person, world) => vote(person, world, true)],
  [5, (person, world) => vote(person, world, false)],
  [3, (person) => person.refresh()],
  [2, logOut],
  [0.5, logOutEverywhere],
  [8.5, tryAnyOld],
];

// So many people send some forty requests a second.
const people = 16;
const betweenMilliseconds = [150, 500] as const;

/** Starts people who do one thing after another until `stop`, which waits for running requests. */
export function startCrowd(seed: number, world: World): { readonly stop: () => Promise<void> } {
  const ending = new AbortController();
  const live = async (number: number): Promise<void> => {
    const random = randomOf(seed * 1000 + number);
    const person = makePerson(number, random, world);
    while (!ending.signal.aborted) {
      if ((await person.arrive()) !== undefined) await habit(random.next() * 100)(person, world);
      await pause(random.between(...betweenMilliseconds));
    }
  };
  const lives = Array.from({ length: people }, (_, index) => live(index + 1));
  return {
    async stop() {
      ending.abort();
      await Promise.all(lives);
    },
  };
}

function habit(chance: number) {
  let left = chance;
  for (const [share, act] of habits) {
    left -= share;
    if (left < 0) return act;
  }
  return readPage;
}
