import type { EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import { LockMode, UniqueConstraintViolationException } from "../../database/mikro-orm.js";
import { publish } from "../../database/event-log/publish.js";
import type { Dialect } from "../../database/sql.js";
import { KnownError } from "../../foundation/errors.js";
import { newId } from "../../kit/id.js";
import { User } from "./user.entity.js";

/** Returns the same key for every spelling of an address: in upper or lower case, with composed or decomposed accents. */
export function emailKeyOf(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}

/**
 * Locks a user until the caller's transaction ends; null if there is none. Every transaction that changes a user's data
 * starts with this, which prevents deadlocks.
 */
export function lockUser(em: EntityManager, id: string): Promise<User | null> {
  return em.findOne(User, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

/** Locks a user in the same way, and reports whether there is one. Cheaper, since it makes no entity. */
export async function lockUserRow(em: SqlEntityManager, { name }: Dialect, id: string): Promise<boolean> {
  // On SQLite the transaction is the lock.
  const lock = name === "postgresql" ? "for update" : "";
  return (await em.execute<unknown[]>(`select 1 from users where id = ? ${lock}`, [id])).length > 0;
}

/**
 * Locks a user until the caller's transaction ends.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export async function requireUser(em: EntityManager, id: string): Promise<User> {
  const user = await lockUser(em, id);
  if (user === null) throw noSuchUser();
  return user;
}

export const noSuchUser = (): KnownError => new KnownError("NOT_FOUND", "There is no such user");

export type NewUser = { readonly email: string; readonly name: string; readonly passwordHash: string };

/**
 * Stores a new account within the caller's transaction.
 *
 * @throws KnownError `CONFLICT` if an account has this email.
 */
export async function createUser(em: SqlEntityManager, user: NewUser, now: Date): Promise<User> {
  const created = em.create(User, {
    id: newId("user", now),
    ...user,
    emailKey: emailKeyOf(user.email),
    createdAt: now,
    disabledAt: null,
  });
  try {
    await em.persist(created).flush();
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException)
      throw new KnownError("CONFLICT", "An account with this email exists already");
    throw error;
  }
  publish(em, { topic: "user.created", subject: created.id, owner: created.id });
  return created;
}
