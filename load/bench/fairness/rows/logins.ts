// Row 8: many wrong logins, and a user with the right password.
import { setTimeout as pause } from "node:timers/promises";

import { startAttack } from "../attack.js";
import { clientOf } from "../../../client.js";
import { seededPassword } from "../../../seeded-database.js";
import * as documents from "../documents.js";
import { startProbe, summaryOf, wordsFor } from "../../../probe.js";
import { figure } from "../../../figures.js";
import { bothWays, onServer, stranger, type Row } from "../stage.js";

export const wrongLogins: Row = (bench) =>
  onServer(bench, {}, 8, async ({ b }, server) => {
    const logIn = (handle: string) => ({ input: { email: `${handle}@demo.example.com`, password: seededPassword } });
    let newAddresses = 0;
    const measure = async (patient: boolean) => {
      const running = await startAttack("wrongLogins", stranger(server), { patient });
      await pause(500);
      // Bjorn has signed in from this address before.
      const known = startProbe(300, () => b.send(documents.login, logIn("bjorn")));
      const unknown = startProbe(300, () =>
        clientOf(server.url, `10.4.0.${newAddresses++ % 250}`).send(documents.login, logIn("eszter")),
      );
      await pause(patient ? 5000 : 6000);
      const [fromKnown, fromNew] = await Promise.all([known.stop(9000), unknown.stop(9000)]);
      return { known: summaryOf(fromKnown), fresh: summaryOf(fromNew), codes: await running.stop() };
    };
    return (await bothWays(measure)).flatMap(({ how, known, fresh, codes }) => [
      figure(8, `250 wrong logins at a time${how}: answers`, wordsFor(codes)),
      figure(8, `a login from a known address${how}: codes`, known.codes),
      figure(8, `a login from a known address${how}: p50`, known.p50, "ms"),
      figure(8, `a login from a known address${how}: longest`, known.longest, "ms", 1000),
      figure(8, `a login from a new address${how}: codes`, fresh.codes),
      figure(8, `a login from a new address${how}: p50`, fresh.p50, "ms"),
      figure(8, `a login from a new address${how}: longest`, fresh.longest, "ms"),
    ]);
  });
