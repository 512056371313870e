// Row 20: a user with 120,000 live sessions, as an older release allowed, and another user who reads.
import { connectDatabase } from "../../../../src/database/database.js";
import { entities } from "../../../../src/graphql/schema.js";
import { seededPassword } from "../../../seeded-database.js";
import type { Client } from "../../../client.js";
import * as documents from "../documents.js";
import { startProbe, summaryOf } from "../../../probe.js";
import { figure, type Figure } from "../../../figures.js";
import { member, onServer, type Row } from "../stage.js";

const sessions = 120_000;
const listTimes = 20;
const change = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }";
const everywhere = "mutation { logoutEverywhere { endedSessions } }";
const list = "{ me { sessions { id } } }";

/** Inserts that many sessions of a user directly into the database. */
async function addSessions(file: string, email: string, round: number): Promise<void> {
  const database = await connectDatabase(`sqlite:${file}`, entities);
  const now = Date.now();
  await database.em.getConnection().execute(
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${sessions})
      select 'session_${round}_' || n, (select id from users where email = ?), ${now} - n, ${now} - n, ${now + 86_400_000} from numbers`,
    [email],
  );
  await database.close(true);
}

export const manySessions: Row = (bench) =>
  onServer(bench, {}, 20, async ({ a, b }, server) => {
    const password = { currentPassword: seededPassword, newPassword: seededPassword };
    const works: Readonly<Record<string, (client: Client) => Promise<string>>> = {
      "me { sessions } 20 times": async (client) => {
        const answers = [];
        for (let count = 0; count < listTimes; count += 1) answers.push((await client.send(list)).code);
        return [...new Set(answers)].join(", ");
      },
      changePassword: async (client) => (await client.send(change, { input: password })).code,
      logoutEverywhere: async (client) => (await client.send(everywhere)).code,
    };
    const figures: Figure[] = [];
    let attacker = a;
    for (const [index, [name, work]] of Object.entries(works).entries()) {
      await addSessions(bench.seeded, "ada@demo.example.com", index);
      const probe = startProbe(25, () => b.send(documents.me));
      const started = performance.now();
      const code = await work(attacker);
      const took = performance.now() - started;
      const others = summaryOf(await probe.stop(5000));
      figures.push(
        figure(20, `${name} with ${sessions} sessions: answer`, code, "", "ok"),
        figure(20, `${name} with ${sessions} sessions: time`, took, "ms", 10_000),
        figure(20, `${name}: p99 of another's me`, others.p99, "ms", 3 * bench.idle.me + 20),
        figure(20, `${name}: longest of another's me`, others.longest, "ms"),
      );
      attacker = await member(server, "ada", 0);
    }
    return figures;
  });
