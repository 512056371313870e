// Row 12: requests that are costly before the server understands them, and users who read meanwhile.
import { setTimeout as pause } from "node:timers/promises";

import { startAttack } from "../attack.js";
import type { FloodName } from "../floods.js";
import { startProbe, summaryOf, wordsFor } from "../../../probe.js";
import { figure, type Figure } from "../../../figures.js";
import { onServer, stranger, type Row } from "../stage.js";

const byHttp: readonly FloodName[] = [
  "repeated fields",
  "repeated fragments",
  "lines of comments",
  "aliased introspection",
  "nested JSON",
  "wide JSON",
];
const bySocket: readonly FloodName[] = [...byHttp, "large pings"];

export const floods: Row = (bench) =>
  onServer(bench, { PUBLIC_READS: "true", INTROSPECTION: "true" }, 12, async ({ a, b }, server) => {
    const figures: Figure[] = [];
    const who = [
      ["anonymous", stranger(server)],
      ["signed in", a],
    ] as const;
    const ways = [
      ["by HTTP", byHttp],
      ["by socket", bySocket],
    ] as const;
    for (const [way, names] of ways) {
      for (const flood of names) {
        for (const [name, client] of who) {
          const attack = await startAttack(way === "by HTTP" ? "flood" : "socketFlood", client, { flood });
          await pause(500);
          const probe = startProbe(25, () => b.send("{ me { id } }"));
          await pause(3000);
          const me = summaryOf(await probe.stop());
          const what = `${flood}, ${name}, ${way}`;
          figures.push(
            figure(12, `${what}: answers`, wordsFor(await attack.stop())),
            figure(12, `${what}: p99 of me`, me.p99, "ms", 3 * bench.idle.me + 20),
            figure(12, `${what}: me not answered`, (1 - me.answeredShare) * 100, "%", 0),
          );
          await pause(300);
        }
      }
    }
    return figures;
  });
