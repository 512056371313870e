import { monotonicFactory } from "ulid";

import { titleKeyOf } from "../../features/post/search/title-key.js";

import { randomOf } from "./random.js";
import { writerFrom } from "./texts.js";

/** A user of the demonstration. Instants here and below are in milliseconds since 1970. */
export type DemoUser = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly createdAt: number;
};

/** A post of the demonstration, with the ids of its voters. */
export type DemoPost = {
  readonly id: string;
  readonly authorId: string;
  readonly title: string;
  readonly titleKey: string;
  readonly content: string;
  readonly publishedAt: number | null;
  readonly listedAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
  /** At the demonstration's `now`. */
  readonly status: "draft" | "scheduled" | "published";
  readonly voterIds: readonly string[];
};

export type Demonstration = {
  readonly users: readonly DemoUser[];
  readonly postCount: number;
  /** Yields the posts in the order of their ids; the same ones each time. */
  readonly posts: () => Iterable<DemoPost>;
};

/** The users of every demonstration, by the first part of their email address. */
const cast = {
  ada: "Ada Whitlock",
  bjorn: "Björn Sandberg",
  chloe: "Chloé Marchand",
  dario: "Dário Figueira",
  eszter: "Eszter Horváth",
  femi: "Femi Adeyemi",
  grainne: "Gráinne O'Dowd",
  hiroshi: "Hiroshi Tanabe",
  ines: "Inés Robledo",
  jurgen: "Jürgen Vollmer",
  kasia: "Kasia Wójcik",
  lior: "Lior Ben-Ami",
};

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const span = 3 * 365 * day;

/** Makes `postCount` posts and their users from the three years before `now`; the same rows for the same arguments. */
export function demonstration(now: Date, postCount: number): Demonstration {
  const start = now.getTime() - span;
  const users = usersFrom(drawsFrom(1), start, postCount);
  return { users, postCount, posts: () => postsFrom(drawsFrom(2), now.getTime(), users, postCount) };
}

/** Returns random draws that are the same for the same seed. */
function drawsFrom(seed: number) {
  const random = randomOf(seed);
  return { ...random, ...writerFrom(random) };
}

type Draws = ReturnType<typeof drawsFrom>;

function usersFrom(draws: Draws, start: number, postCount: number): DemoUser[] {
  const others = Math.min(1000, Math.floor(postCount / 500));
  const people = Object.entries(cast).map(([handle, name]) => ({ name, email: `${handle}@demo.example.com` }));
  for (let number = 1; number <= others; number += 1)
    people.push({ name: draws.name(), email: `member${number}@demo.example.com` });

  const ulid = monotonicFactory(draws.next);
  return people.map((person, index) => {
    // The first user joins before the first post, the last one when three fifths of the time are over.
    const createdAt = Math.floor(start - day + span * 0.6 * (index / people.length) + draws.below(hour));
    return { id: `user_${ulid(createdAt)}`, ...person, createdAt };
  });
}

function* postsFrom(draws: Draws, now: number, users: readonly DemoUser[], postCount: number): Generator<DemoPost> {
  const ulid = monotonicFactory(draws.next);
  let joined = 0;
  let createdAt = 0;
  for (let index = 0; index < postCount; index += 1) {
    // Few posts at first, and sometimes two in one millisecond.
    const instant = Math.floor(now - span + span * ((index + draws.next()) / postCount) ** 0.7);
    if (draws.next() >= 0.02 || index === 0) createdAt = instant;
    while (joined < users.length && users[joined]!.createdAt < createdAt) joined += 1;

    const dates = datesFrom(draws, now, createdAt, index / postCount);
    const { publishedAt } = dates;
    const status = publishedAt === null ? "draft" : publishedAt > now ? "scheduled" : "published";
    const { title, content } = draws.texts();
    yield {
      id: `post_${ulid(createdAt)}`,
      // The users who joined first write most.
      authorId: users[Math.floor(joined * draws.next() ** 2)]!.id,
      title,
      titleKey: titleKeyOf(title),
      content,
      createdAt,
      ...dates,
      status,
      voterIds: status === "published" ? votersFrom(draws, users) : [],
    };
  }
}

type Dates = Pick<DemoPost, "publishedAt" | "listedAt" | "updatedAt" | "version">;

/** Draws when a post is published and edited; `place` is its place among all posts, from 0 to 1. */
function datesFrom(draws: Draws, now: number, createdAt: number, place: number): Dates {
  const [kind, way, delay, edit] = [draws.next(), draws.next(), draws.next(), draws.next()];
  let publishedAt: number | null = createdAt;
  let updatedAt = createdAt;
  let version = 1;
  // Nobody schedules years ahead: scheduled posts are among the newest tenth, and 3 % of all.
  if (place >= 0.9 && kind < 0.3) publishedAt = wholeHourAfter(now) + Math.floor(delay * 30 * 24) * hour;
  else if (kind >= 0.93) publishedAt = null;
  else if (way < 0.06) publishedAt = pastOr(createdAt, wholeHourAfter(createdAt) + Math.floor(delay * 72) * hour, now);
  else if (way < 0.12) {
    publishedAt = pastOr(createdAt, createdAt + Math.floor(delay * 14 * day), now);
    updatedAt = publishedAt;
    version = 2;
  }

  if (edit < 0.15) {
    const visibleAt = publishedAt !== null && publishedAt <= now ? publishedAt : createdAt;
    // Most edits come soon afterwards.
    updatedAt = visibleAt + Math.floor((now - visibleAt) * draws.next() ** 3);
    version += 1 + draws.below(3);
  }
  return { publishedAt, listedAt: publishedAt ?? createdAt, updatedAt, version };
}

const wholeHourAfter = (instant: number) => (Math.floor(instant / hour) + 1) * hour;
const pastOr = (instead: number, instant: number, now: number) => (instant <= now ? instant : instead);

/** Draws the ids of a post's voters: none for most posts, one for many, and all users for a few. */
function votersFrom(draws: Draws, users: readonly DemoUser[]): string[] {
  const spread = users.length > 12 ? 1 : 3;
  const count = Math.min(users.length, Math.floor(spread * (1 / Math.sqrt(1 - draws.next()) - 1)));
  return draws
    .shuffled(users, count)
    .map(({ id }) => id)
    .toSorted();
}
