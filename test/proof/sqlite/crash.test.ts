import { expect, test } from "vitest";

import { newFolder } from "../../support/files.js";
import { ask, end, startProcess, type Running } from "../../support/process.js";

const kills = 20;
const writersAtOnce = 4;

test(`loses no acknowledged post to ${kills} kills under write load, and starts again without help`, async () => {
  const folder = newFolder();
  let running = await startProcess(folder);
  const { data } = await ask(
    running.url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken } }`,
  );
  const token: string = data.register.accessToken;
  const acknowledged: string[] = [];

  for (let kill = 0; kill < kills; kill += 1) {
    // Each round acknowledges another number of posts before the kill, which interrupts running writes.
    const enough = acknowledged.length + 1 + ((kill * 7) % 23);
    await Promise.all(Array.from({ length: writersAtOnce }, () => writeUntilKilled(running, enough)));
    running = await startProcess(folder);
  }

  const kept = await keptTitles(running);
  expect(acknowledged.length).toBeGreaterThan(kills);
  expect(acknowledged.filter((title) => !kept.has(title))).toEqual([]);
  expect(kept.size).toBeLessThanOrEqual(acknowledged.length + kills * writersAtOnce);

  async function writeUntilKilled(target: Running, enough: number): Promise<void> {
    for (;;) {
      const title = `${target.process.pid} ${Math.random()}`;
      try {
        const answer = await ask(
          target.url,
          `mutation ($title: String!) { createPost(input: { title: $title, content: "C" }) { post { id } } }`,
          { title },
          token,
        );
        expect(answer.errors).toBeUndefined();
      } catch (error) {
        // The connection broke: this post was never acknowledged.
        if (target.process.killed) return;
        throw error;
      }
      acknowledged.push(title);
      if (acknowledged.length >= enough && !target.process.killed) await end(target, "SIGKILL");
    }
  }

  async function keptTitles({ url }: Running): Promise<Set<string>> {
    const titles = new Set<string>();
    for (let after: string | null = null; ;) {
      const page: any = (
        await ask(
          url,
          `query ($after: String) { posts(first: 100, after: $after) { nodes { title } pageInfo { hasNextPage endCursor } } }`,
          { after },
          token,
        )
      ).data.posts;
      for (const { title } of page.nodes) titles.add(title);
      if (!page.pageInfo.hasNextPage) return titles;
      after = page.pageInfo.endCursor;
    }
  }
}, 180_000);
