import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { postern } from "../../support/admin.js";
import { startApi, type Api } from "../../support/api.js";
import { newFolder } from "../../support/files.js";
import { follow } from "../../support/live.js";
import { newPostgresDatabase } from "../../support/postgres.js";
import { startPostgres } from "../../support/postgres-server.js";

const onPostgresql = inject("database") === "postgresql";
const isRoot = process.getuid?.() === 0;

/** Returns the answer of `/readyz` after its last one has expired. */
async function readiness(api: Api) {
  api.timer.ring();
  const { status, body } = await api.fetch("/readyz");
  const { reason, message } = body as { reason?: string; message?: string };
  return { status, reason, message };
}
const ready = { status: 200 };
const readOnly = (why: string) => ({
  status: 503,
  reason: "READ_ONLY",
  message: `The database can't be written: ${why}`,
});

/** Returns the doctor's check of the database. */
async function diagnosis(url: string) {
  const { json } = await postern(["doctor", "--json"], { folder: newFolder(), env: { DATABASE_URL: url } });
  const checks: { name: string; state: string; message: string }[] = json.checks;
  return checks.find(({ name }) => name === "database");
}
const ill = (why: string) => ({ state: "problem", message: `The database can't be written: ${why}` });

/** A subscriber, for whom the event log would have to be numbered. */
async function subscribe(api: Api): Promise<void> {
  const { token } = await api.register("Ada");
  await (await follow(api, token)).event();
}

describe.runIf(onPostgresql)("a PostgreSQL server that refuses writes", () => {
  const why = "it can only be read: it is a standby, or default_transaction_read_only is on";

  test.each(["nobody", "somebody"])(
    "gives the same answer everywhere while %s subscribes: a database's setting",
    async (who) => {
      const url = await newPostgresDatabase();
      const api = await startApi({ DATABASE_URL: url });
      if (who === "somebody") await subscribe(api);
      expect(await readiness(api)).toMatchObject(ready);
      const other = new Client(url);
      other.on("error", () => {});
      await other.connect();
      onTestFinished(() => other.end());
      const name = new URL(url).pathname.slice(1);
      const reconnect = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = '${name}' and pid <> pg_backend_pid()`;

      await other.query(`alter database ${name} set default_transaction_read_only = on`);
      await other.query(reconnect);
      await expect.poll(() => readiness(api)).toEqual(readOnly(why));
      expect(await diagnosis(url)).toMatchObject(ill(why));

      await other.query("set default_transaction_read_only = off");
      await other.query(`alter database ${name} reset default_transaction_read_only`);
      await other.query(reconnect);
      await expect.poll(() => readiness(api)).toMatchObject(ready);
      expect(await diagnosis(url)).toMatchObject({ state: "ok" });
    },
  );

  test("gives the same answer if it is a standby, also at the start", async () => {
    const postgres = await startPostgres({ wal_level: "replica" });
    onTestFinished(postgres.stop);
    const { url } = postgres;
    const api = await startApi({ DATABASE_URL: url });
    expect(await readiness(api)).toMatchObject(ready);

    await postgres.halt("fast");
    await postgres.start("standby");
    await expect.poll(() => readiness(api)).toEqual(readOnly(why));
    expect(await diagnosis(url)).toMatchObject(ill(why));
    await expect(openDatabase(url, featuresWith().entities)).rejects.toThrow(why);

    await postgres.halt("fast");
    await postgres.start("primary");
    await expect.poll(() => readiness(api)).toMatchObject(ready);
  });
});

describe.runIf(!onPostgresql)("a SQLite file that refuses writes", () => {
  /** Makes it so for this user, whom permissions don't stop if it is root; the answer undoes it. */
  const forbid = (path: string, mode: number) => {
    if (isRoot) execFileSync("chattr", ["+i", path]);
    else chmodSync(path, mode & 0o555);
    const allow = () => (isRoot ? void execFileSync("chattr", ["-i", path]) : chmodSync(path, mode));
    onTestFinished(allow);
    return allow;
  };

  test.each([
    ["file", "this user may not write it", "nobody"],
    ["file", "this user may not write it", "somebody"],
    ["folder", "this user may not write its folder", "nobody"],
  ])("gives the same answer everywhere: the %s, %s, while %s subscribes", async (what, why, who) => {
    const folder = newFolder();
    const file = join(folder, "posts.sqlite");
    const url = `sqlite:${file}`;
    const api = await startApi({ DATABASE_URL: url });
    if (who === "somebody") await subscribe(api);
    expect(await readiness(api)).toMatchObject(ready);

    const allow = what === "file" ? forbid(file, 0o644) : forbid(folder, 0o755);
    expect(await readiness(api)).toEqual(readOnly(why));
    expect(await diagnosis(url)).toMatchObject(ill(why));
    allow();
    expect(await readiness(api)).toMatchObject(ready);
    expect(await diagnosis(url)).toMatchObject({ state: "ok" });
  });

  test("prevents the start, in the same words", async () => {
    const file = join(newFolder(), "posts.sqlite");
    await (await openDatabase(`sqlite:${file}`, featuresWith().entities)).close(true);
    forbid(file, 0o644);
    await expect(openDatabase(`sqlite:${file}`, featuresWith().entities)).rejects.toThrow("this user may not write it");
  });

  test.runIf(isRoot && process.platform === "linux")("gives the same answer if the disk is full", async () => {
    const disk = join(newFolder(), "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
    onTestFinished(() => void execFileSync("umount", ["--lazy", disk]));
    const url = `sqlite:${join(disk, "posts.sqlite")}`;
    const api = await startApi({ DATABASE_URL: url });
    expect(await readiness(api)).toMatchObject(ready);
    expect(() => writeFileSync(join(disk, "other"), Buffer.alloc(8 * 1024 * 1024))).toThrow("ENOSPC");
    expect(await readiness(api)).toEqual(readOnly("its disk is full"));
    expect(await diagnosis(url)).toMatchObject(ill("its disk is full"));
  });
});
