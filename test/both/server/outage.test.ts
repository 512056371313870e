import { expect, inject, onTestFinished, test, vi } from "vitest";

import { handTimer } from "../../../src/testing/clock.js";
import { repeatedErrors } from "../../../src/foundation/repeated-errors.js";
import { makeLog } from "../../../src/foundation/log.js";
import { startApi, type Api } from "../../support/api.js";
import { openSocket } from "../../support/live.js";
import { startPostgres } from "../../support/postgres-server.js";

const onPostgresql = inject("database") === "postgresql";

test("logs an error at once, and repeated ones once a second with their count", () => {
  const lines: { msg: string; count?: number; err: { code?: string; message: string } }[] = [];
  const timer = handTimer();
  const log = makeLog("info", () => new Date(0), { write: (line) => void lines.push(JSON.parse(line)) });
  const logRepeated = repeatedErrors(log, timer);
  const error = (code: string, message = code) => Object.assign(new Error(message), { code });
  const told = () => lines.splice(0).map(({ msg, count, err }) => [msg, err.message, count]);

  for (let number = 0; number < 1000; number += 1) logRepeated(error("57P01", `${number}`), "away");
  logRepeated(error("ECONNREFUSED"), "away");
  expect(told()).toEqual([
    ["away", "0", undefined],
    ["away", "ECONNREFUSED", undefined],
  ]);
  timer.elapse(1000);
  expect(told()).toEqual([["away", "999", 999]]);
  logRepeated(error("57P01", "again"), "away");
  timer.elapse(1000);
  expect(told()).toEqual([["away", "again", 1]]);
  // Nothing waits once a second has passed without it.
  timer.elapse(1000);
  expect(timer.waiting()).toBe(0);
  logRepeated("no error", "away");
  expect(lines).toHaveLength(1);
});

async function countsOf(api: Api): Promise<string[]> {
  api.timer.elapse(1000);
  const { text } = await api.fetch("/metrics");
  return text.split("\n").filter((line) => /^postern_(http_requests|socket_operations)_total.*SERVICE_UNAV/.test(line));
}
const awayGauge = async (api: Api) => /^postern_database_away (\d)$/m.exec((await api.fetch("/metrics")).text)?.[1];

test.runIf(onPostgresql)("logs an outage in few lines, all JSON, and counts operations by name", async () => {
  const printed = [vi.spyOn(console, "log"), vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
  onTestFinished(() => printed.forEach((spy) => spy.mockRestore()));
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  const api = await startApi({ DATABASE_URL: postgres.url, METRICS: "on" });
  const ada = await api.register("Ada");
  const socket = await openSocket(api);
  socket.send({ type: "connection_init", payload: { Authorization: `Bearer ${ada.token}` } });
  await socket.next();
  const create = 'mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }';
  for (const document of ["{ me { name } }", create]) expect((await ada.send(document)).status).toBe(200);
  expect(await awayGauge(api)).toBe("0");
  api.logged();

  await postgres.halt("immediate");
  const before = api.logged().length;
  const asked = ["{ me { name } }", create, "{ me { id name } }"];
  for (let number = 0; number < 20; number += 1)
    for (const document of asked) {
      const { status, headers, body } = await ada.send(document);
      expect({ status, retryAfter: headers.get("retry-after") }).toEqual({ status: 503, retryAfter: "1" });
      expect(body.errors![0]!.extensions).toEqual({ code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 1 });
    }
  socket.subscribe("1", "{ me { name } }");
  expect(await socket.next()).toMatchObject({ type: "error" });

  const errors = api.logged().filter(({ level }) => level === 50);
  // One for each code that the driver has for it.
  expect(errors.length - before).toBeLessThan(5);
  const counts = await countsOf(api);
  expect(counts.map((line) => /operation="(\w+)"/.exec(line)![1]!).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    "createPost",
    "me",
    "me",
    "other",
  ]);
  expect(await awayGauge(api)).toBe("1");
  expect(api.logged().filter(({ level, count }) => level === 50 && typeof count === "number")).not.toEqual([]);
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();

  await postgres.start();
  await expect.poll(async () => (await ada.send("{ me { name } }")).status).toBe(200);
  api.clock.advance(15_000);
  api.timer.elapse(1000);
  expect(await awayGauge(api)).toBe("0");
});
