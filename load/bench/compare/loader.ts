// A process that puts loads on servers, so that its own work isn't measured with theirs.
import { connect } from "node:net";

/** A load: each connection sends the request again as soon as it is answered. */
export type Load = {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** A whole HTTP request. */
  readonly request: string;
};

/** The result of a load. Failures are answers other than 200 with data. Latencies are in milliseconds. */
export type Outcome = { readonly seconds: number; readonly latencies: readonly number[]; readonly failures: number };

process.once("disconnect", () => process.exit());
process.on("message", (load: Load) => void run(load).then((outcome) => process.send!(outcome)));

async function run({ port, connections, milliseconds, request }: Load): Promise<Outcome> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const bytes = Buffer.from(request);
  const latencies: number[] = [];
  let failures = 0;
  const started = performance.now();
  await Promise.all(
    sockets.map(async ({ exchange }) => {
      let now = performance.now();
      while (now < started + milliseconds) {
        const sentAt = now;
        if (!(await exchange(bytes))) failures += 1;
        now = performance.now();
        latencies.push(now - sentAt);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const { close } of sockets) close();
  return { seconds, latencies, failures };
}

const goodBody = Buffer.from('{"data":{');

/**
 * Opens a kept connection for one request at a time. It reads only the head of an answer, since a whole HTTP client would
 * take more of the machine.
 */
async function open(port: number) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let settle: (isGood: boolean) => void = () => {};
  let [missingBytes, isGood] = [0, false];
  let beginning: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    if (missingBytes > 0) missingBytes -= chunk.length;
    else {
      beginning = beginning.length === 0 ? chunk : Buffer.concat([beginning, chunk]);
      const body = beginning.indexOf("\r\n\r\n") + 4;
      if (body < 4 || beginning.length < body + goodBody.length) return;
      const head = beginning.toString("latin1", 0, body);
      const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (length === undefined) throw new Error("an answer without a Content-Length");
      isGood = head.startsWith("200", 9) && beginning.subarray(body, body + goodBody.length).equals(goodBody);
      missingBytes = body + Number(length) - beginning.length;
      beginning = Buffer.alloc(0);
    }
    if (missingBytes === 0) settle(isGood);
  });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    /** Sends a request and reports whether the answer was 200 with data. */
    exchange: (request: Buffer) =>
      new Promise<boolean>((resolve) => {
        settle = resolve;
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}
