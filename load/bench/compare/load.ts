import { connect, type Socket } from "node:net";

/** A load. Its requests are sent in turn; each has to be answered 200 with data. */
export type Load = {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  readonly kinds: readonly Kind[];
  /** Requests a second, sent even if earlier ones are unanswered. Without it each connection sends when it can. */
  readonly rate?: number;
};
/** A kind of request and its share of all requests. The last kind gets the rest. */
export type Kind = { readonly name: string; readonly share: number; readonly requests: readonly string[] };

/** The result of a load. Latencies are in milliseconds; in an open loop they begin when a request was due. */
export type Outcome = {
  readonly seconds: number;
  readonly kinds: Readonly<Record<string, { readonly latencies: readonly number[]; readonly failures: number }>>;
};

/** Puts a load on a server. Written for speed, so that it needs less of the machine than any server. */
export async function run({ port, connections, milliseconds, kinds, rate }: Load): Promise<Outcome> {
  const states = kinds.map(({ name, share, requests }) => ({
    name,
    share,
    requests: requests.map((text) => Buffer.from(text)),
    sent: 0,
    latencies: [] as number[],
    failures: 0,
  }));
  const started = performance.now();
  const end = started + milliseconds;
  let count = 0;

  const next = () => {
    count += 1;
    // To spread them evenly, send the kind that lags most behind its share.
    const state = states.reduce((a, b) => (b.share * count - b.sent > a.share * count - a.sent ? b : a));
    const request = state.requests[state.sent++ % state.requests.length]!;
    return { state, request };
  };
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const send = async (socket: Exchange, due: number) => {
    const { state, request } = next();
    const isGood = await socket.exchange(request);
    state.latencies.push(performance.now() - due);
    if (!isGood) state.failures += 1;
  };

  if (rate === undefined) {
    const loop = async (socket: Exchange) => {
      while (performance.now() < end) await send(socket, performance.now());
    };
    await Promise.all(sockets.map(loop));
  } else await sendAtRate(sockets, rate, started, end, send);
  const seconds = (performance.now() - started) / 1000;
  for (const socket of sockets) socket.close();
  return {
    seconds,
    kinds: Object.fromEntries(states.map(({ name, latencies, failures }) => [name, { latencies, failures }])),
  };
}

async function sendAtRate(
  sockets: readonly Exchange[],
  rate: number,
  started: number,
  end: number,
  send: (socket: Exchange, due: number) => Promise<void>,
): Promise<void> {
  const free = [...sockets];
  const waiting: number[] = [];
  const underWay = new Set<Promise<void>>();
  const dispatch = () => {
    while (free.length > 0 && waiting.length > 0) {
      const socket = free.pop()!;
      const sent = send(socket, waiting.shift()!).then(() => {
        free.push(socket);
        underWay.delete(sent);
        return dispatch();
      });
      underWay.add(sent);
    }
  };
  let due = started;
  while (performance.now() < end) {
    for (; due <= performance.now(); due += 1000 / rate) waiting.push(due);
    dispatch();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (underWay.size > 0) await Promise.all(underWay);
}

/** Opens a kept connection for one request at a time. `exchange` reports whether the answer was 200 with data. */
type Exchange = { readonly exchange: (request: Buffer) => Promise<boolean>; readonly close: () => void };

const good = Buffer.from('{"data":{');

function open(port: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let settle: (isGood: boolean) => void = () => {};
    let [missing, isGood] = [0, false];
    let beginning: Buffer | undefined;
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true }, () =>
      resolve({
        exchange: (request) =>
          new Promise((answered) => {
            settle = answered;
            socket.write(request);
          }),
        close: () => socket.destroy(),
      }),
    );
    socket.once("error", reject);
    socket.on("data", (chunk: Buffer) => {
      if (missing > 0) missing -= chunk.length;
      else {
        const head = beginning === undefined ? chunk : Buffer.concat([beginning, chunk]);
        const headEnd = head.indexOf("\r\n\r\n");
        // Check the first bytes of the body too.
        if (headEnd === -1 || head.length < headEnd + 4 + good.length) {
          beginning = head;
          return;
        }
        beginning = undefined;
        const length = /\ncontent-length: *(\d+)/i.exec(head.toString("latin1", 0, headEnd))?.[1];
        if (length === undefined) throw new Error("an answer without a Content-Length");
        const body = headEnd + 4;
        isGood = head.toString("latin1", 9, 12) === "200" && head.subarray(body, body + good.length).equals(good);
        missing = body + Number(length) - head.length;
      }
      if (missing === 0) settle(isGood);
    });
  });
}
