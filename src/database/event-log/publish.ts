import type { SqlEntityManager } from "@mikro-orm/knex";

import { sql, Sql, type Dialect } from "../sql.js";
import { effectsOf } from "../transaction-effects.js";
import type { NewEvent, Topic } from "./event.js";

const maxEvents = 1000;
const maxPayloadKeys = 16;
const maxPayloadBytes = 512;

const topicForm = /^[a-z]+\.[a-z]+$/;
const idForm = /^[\w.:-]{1,64}$/;
const keyForm = /^[A-Za-z]\w{0,39}$/;

/** Reports whether a text has the form of a topic. */
export const isTopic = (text: string): boolean => text.length <= 64 && topicForm.test(text);

/**
 * Publishes an event with the transaction of `em`: it is committed with it, or not at all. It is written just before the
 * commit, so that the events of one subject have the order of its changes. A transaction without an instant, such as that
 * of `postern copy`, publishes nothing.
 *
 * @throws Error if `em` is not that of `transaction(…)`, if no feature has the topic, or if the event breaks a bound.
 */
export function publish<Name extends Topic>(em: SqlEntityManager, event: NewEvent<Name>): void {
  const { events, topics } = effectsOf(em, "publish");
  const problem = problemOf(event, topics);
  if (problem !== undefined) throw new Error(`publish: ${problem}`);
  if (events.length === maxEvents) throw new Error(`publish: a transaction may publish ${maxEvents} events at most`);
  // A copy, since the caller may go on using its objects.
  events.push({
    ...event,
    ...(event.visible && { visible: { ...event.visible } }),
    ...(event.payload && { payload: { ...event.payload } }),
  });
}

/** Returns the statement that writes the events of a transaction. */
export function eventsStatement(events: readonly NewEvent[], at: Date, dialect: Dialect): Sql {
  const rows = events.map(({ topic, subject, owner, about, visible, payload }) => [
    topic,
    subject,
    owner ?? null,
    about ?? null,
    String(visible?.before ?? false),
    String(visible?.after ?? false),
    payload === undefined ? null : JSON.stringify(payload),
  ]);
  // One text for any number of events, so that the statement is prepared once. Release 0.2 needs a `change`.
  return sql`insert into events (change, topic, at, subject, owner, about, public_before, public_after, payload)
    select ${field(0)}, ${field(0)}, cast(${at} as bigint), ${field(1)}, ${field(2)}, ${field(3)},
      ${field(4)} = 'true', ${field(5)} = 'true', ${field(6)}
    from ${dialect.tuples(sql`${JSON.stringify(rows)}`, new Sql("published"))} order by published.key`;
}

/** A field of a row, as text. */
const field = (index: number): Sql => new Sql(`value ->> ${index}`);

function problemOf(event: NewEvent, topics: ReadonlySet<string> | undefined): string | undefined {
  const { topic, subject, owner, about, payload = {} } = event;
  if (!isTopic(topic)) return 'topic must be two words of lower-case letters, such as "review.created"';
  if (topics !== undefined && !topics.has(topic)) return `no feature has the topic ${topic}; add it to its topics`;
  for (const [name, id] of Object.entries({ subject, owner: owner ?? "none", about: about ?? "none" }))
    if (typeof id !== "string" || !idForm.test(id)) return `${name} must be an id: ${idRule}`;
  return problemOfPayload(payload);
}

const idRule = 'letters, digits, "_", ".", ":" and "-", 64 at most';

/** Refuses content: what subscribers see is read when an event is delivered. */
function problemOfPayload(payload: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(payload);
  if (entries.length > maxPayloadKeys) return `payload may have ${maxPayloadKeys} keys at most`;
  for (const [key, value] of entries) {
    if (!keyForm.test(key)) return "payload may have only keys of letters, digits and _, 40 at most";
    if (typeof value === "string" ? !idForm.test(value) : !isPlain(value))
      return `payload.${key} must be null, a boolean, a number, or a text like an id: ${idRule}`;
  }
  return JSON.stringify(payload).length > maxPayloadBytes
    ? `payload may take ${maxPayloadBytes} bytes at most`
    : undefined;
}

const isPlain = (value: unknown): boolean => value === null || typeof value === "boolean" || Number.isFinite(value);
