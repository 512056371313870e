import { AsyncLocalStorage } from "node:async_hooks";

import { BeforeCreate, Entity, MikroORM, PrimaryKey, Property, type EventArgs } from "@mikro-orm/core";
import { expect, onTestFinished, test, vi } from "vitest";

import { PlainEntityManager } from "../../../src/database/entity-manager.js";
import { SqliteDriver } from "../../../src/database/sqlite/driver.js";
import { startApi } from "../../support/api.js";
import { createPost, updatePost, votePost } from "../../support/posts.js";

@Entity({ tableName: "plain" })
class Plain {
  @PrimaryKey({ type: "integer" })
  id!: number;

  @Property({ type: "text" })
  text!: string;
}

@Entity({ tableName: "hooked" })
class Hooked {
  @PrimaryKey({ type: "integer" })
  id!: number;

  @Property({ type: "text" })
  text!: string;

  @BeforeCreate()
  async flushAgain({ em }: EventArgs<Hooked>): Promise<void> {
    await em.flush();
  }
}

async function open(...entities: [typeof Plain] | [typeof Plain, typeof Hooked]) {
  const orm = await MikroORM.init({
    driver: SqliteDriver,
    dbName: ":memory:",
    entityManager: PlainEntityManager,
    entities,
    discovery: { disableDynamicFileAccess: true },
  });
  onTestFinished(() => orm.close(true));
  await orm.schema.createSchema();
  return orm.em.fork();
}

test("no operation uses an AsyncLocalStorage, which would slow every promise from then on", async () => {
  const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
  const enterWith = vi.spyOn(AsyncLocalStorage.prototype, "enterWith");
  onTestFinished(() => {
    run.mockRestore();
    enterWith.mockRestore();
  });
  const api = await startApi();
  const ada = await api.register("Ada");
  const post = await createPost(ada, { title: "Rain" });
  await updatePost(ada, { id: post, title: "Rain again" });
  await votePost(ada, post);
  expect((await ada.send("{ posts { totalCount nodes { title voteCount } } me { sessions { id } } }")).status).toBe(
    200,
  );
  expect((await ada.send("mutation { logoutEverywhere { endedSessions } }")).status).toBe(200);
  expect(run).not.toHaveBeenCalled();
  expect(enterWith).not.toHaveBeenCalled();
});

test("changes are stored, also by concurrent flushes", async () => {
  const em = await open(Plain);
  const entities = ["one", "two", "three"].map((text) => em.create(Plain, { text } as never));
  await Promise.all(entities.map((entity) => em.persist(entity).flush()));
  expect((await em.fork().findAll(Plain)).map(({ text }) => text)).toEqual(["one", "two", "three"]);
});

test("a flush within a hook is rejected at once", async () => {
  const em = await open(Plain, Hooked);
  await expect(em.persist(em.create(Hooked, { text: "one" } as never)).flush()).rejects.toThrow(/flush/i);
});
