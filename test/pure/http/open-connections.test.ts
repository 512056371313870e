import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { startApi } from "../../support/api.js";

const request = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/** Opens a connection from an address of this machine, and waits until the server knows it if it is let in. */
async function open(api: { url: string }, localAddress: string): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(api.url).port), localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Whether a connection is answered, or closed instead. */
function isAnswered(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("data", () => resolve(true)).once("close", () => resolve(false));
    socket.write(request);
  });
}

test("closes an idle connection of the address with the most for one of another", async () => {
  const api = await startApi({ MAX_CONNECTIONS: "4" });
  const greedy = await Promise.all(Array.from({ length: 4 }, () => open(api, "127.0.0.1")));
  for (const socket of greedy) expect(await isAnswered(socket)).toBe(true);
  const closed = once(greedy[0]!, "close");
  const modest = await open(api, "127.0.0.2");
  expect(await isAnswered(modest)).toBe(true);
  await closed;
  expect(greedy.filter(({ closed: isClosed }) => isClosed)).toHaveLength(1);
});

test("closes one more of the address with the most, and none of the others", async () => {
  const api = await startApi({ MAX_CONNECTIONS: "3" });
  const modest = await open(api, "127.0.0.2");
  const greedy = await Promise.all([open(api, "127.0.0.1"), open(api, "127.0.0.1")]);
  for (const socket of [modest, ...greedy]) expect(await isAnswered(socket)).toBe(true);
  expect(await isAnswered(await open(api, "127.0.0.1"))).toBe(false);
  for (const socket of [modest, ...greedy]) expect(await isAnswered(socket)).toBe(true);
});
