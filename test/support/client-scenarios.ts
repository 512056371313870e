import { isDeepStrictEqual } from "node:util";

import { describe, expect, test, vi } from "vitest";

import { startApi } from "./api.js";

const minutes = 60_000;
const hours = 60 * minutes;

export type Tokens = { readonly accessToken: string; readonly refreshToken: string; readonly expiresIn: number };

/** The options of the files of `docs/clients`. */
export type ClientOptions = {
  readonly url: string;
  readonly onSignedOut: () => void;
  readonly fetch: typeof fetch;
  readonly now: () => number;
};

export type Page = { readonly first: number; readonly offset: number };

/** A client as its application uses it. Promises fail with the error that the application would get. */
export type ClientUnderTest = {
  readonly register: (input: { name: string; email: string; password: string }) => Promise<Tokens>;
  readonly logIn: (input: { email: string; password: string }) => Promise<Tokens>;
  readonly signIn: (tokens: Tokens) => void;
  readonly signOut: () => void;
  /** Clears what the client keeps of its answers, as an application does in `onSignedOut`. */
  readonly clear?: () => unknown;
  readonly createPost: (title: string) => Promise<unknown>;
  /** Returns the titles of a page of posts, ordered by title. */
  readonly titles: (page: Page) => Promise<string[]>;
  /** Returns the `extensions.code` of a failure, found as the application would find it. */
  readonly codeOf: (failure: any) => unknown;
};

/** The operations of clients that send them as text. */
export const operations = {
  register: `mutation Register($input: RegisterInput!) { register(input: $input) { accessToken refreshToken expiresIn } }`,
  logIn: `mutation LogIn($input: LoginInput!) { login(input: $input) { accessToken refreshToken expiresIn } }`,
  createPost: `mutation CreatePost($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`,
  titles: `query Titles($first: Int!, $offset: Int!) {
    posts(first: $first, offset: $offset, orderBy: { field: TITLE, direction: ASC }) { nodes { id title } }
  }`,
};

type Sent = {
  readonly method: string;
  readonly text: string;
  readonly authorization: string | null;
  status?: number;
};

/** More than any test needs; stops endless retries. */
const mostRequests = 100;

/** Makes a network whose requests a test can read and whose answers it can change. */
export function testNetwork() {
  const sent: Sent[] = [];
  let dropsAuthorization = false;
  let deliver = async (_request: Sent, response: Response): Promise<Response> => response;
  return {
    sent,
    isRefresh,
    refreshes: () => sent.filter(isRefresh).length,
    refused: () => sent.filter(({ status }) => status === 401).length,
    /** Changes or delays answers from now on. */
    onAnswer: (decide: typeof deliver) => void (deliver = decide),
    /** Removes the Authorization header from now on, as a proxy may. */
    dropAuthorization: () => void (dropsAuthorization = true),
    fetch: (async (input: string | URL | Request, init?: RequestInit) => {
      const copy = new Request(input, init);
      const request: Sent = {
        method: copy.method,
        text: decodeURIComponent(copy.url) + (await copy.text()),
        authorization: copy.headers.get("authorization"),
      };
      if (sent.push(request) > mostRequests) throw new TypeError("fetch failed");
      const headers = new Headers(copy.headers);
      if (dropsAuthorization) headers.delete("authorization");
      const response = await fetch(input, { ...init, headers });
      request.status = response.status;
      return await deliver(request, response);
    }) as typeof fetch,
  };
}

const isRefresh = ({ text }: Sent) => text.includes("refreshSession");

/** Defines the tests that every client has to pass, in its default settings, against a running server. */
export function describeSessions(client: string, makeClient: (options: ClientOptions) => ClientUnderTest): void {
  describe(`a session of ${client}`, () => {
    sessions(makeClient);
  });
}

function sessions(makeClient: (options: ClientOptions) => ClientUnderTest): void {
  /** Makes a client whose user is signed in and wrote a few posts. */
  async function start({ ahead = 0, settings = {} } = {}) {
    const api = await startApi(settings);
    const network = testNetwork();
    const onSignedOut = vi.fn<() => void>(() => void client.clear?.());
    // The clock of the client's machine differs from the server's.
    const machine = { now: () => api.clock().getTime() + ahead };
    const client: ClientUnderTest = makeClient({
      url: api.url,
      onSignedOut,
      fetch: network.fetch,
      now: () => machine.now(),
    });
    const tokens = await client.register({ name: "Ada", ...ada });
    client.signIn(tokens);
    await Promise.all(titles.map(client.createPost));

    const read = async (page: Page) => {
      const expected = titles.slice(page.offset, page.offset + page.first);
      try {
        return isDeepStrictEqual(await client.titles(page), expected) ? "right" : "wrong";
      } catch (failure) {
        return client.codeOf(failure) ?? "unreachable";
      }
    };
    let first = 0;
    return {
      api,
      network,
      onSignedOut,
      /** Waits until the application was told of the end of that many sessions. */
      told: async (ends: number) => {
        await expect.poll(() => onSignedOut.mock.calls.length).toBe(ends);
      },
      machine,
      client,
      tokens,
      logIn: async () => client.signIn(await client.logIn(ada)),
      /** Queries ten pages in parallel that no cache has yet, and returns the outcome of each. */
      readTen: () => {
        first += 1;
        return Promise.all(Array.from({ length: 10 }, (_, offset) => read({ first, offset })));
      },
      readOne: () => read({ first: (first += 1), offset: 0 }),
      endEverywhere: () => api.send("mutation { logoutEverywhere { endedSessions } }", { token: tokens.accessToken }),
    };
  }

  const ada = { email: "ada@example.com", password: "password of Ada" };
  const titles = ["A", "B"];
  const ten = (outcome: string) => Array.from({ length: 10 }, () => outcome);

  describe.each([
    { clock: "is right", ahead: 0 },
    { clock: "is two hours fast", ahead: 2 * hours },
    { clock: "is two hours slow", ahead: -2 * hours },
  ])("where the client's clock $clock", ({ ahead }) => {
    test("ten queries with an expired token cause one refresh, and all are answered", async () => {
      const { api, network, onSignedOut, readOne, readTen } = await start({ ahead });
      api.clock.advance(29 * minutes);
      expect(await readOne()).toBe("right");
      expect(network.refreshes()).toBe(0);

      // Twice, since the second refresh uses the token of the first one.
      for (const _ of [1, 2]) {
        network.sent.length = 0;
        api.clock.advance(30 * minutes);
        expect(await readTen()).toEqual(ten("right"));
        expect(network.sent).toHaveLength(11);
        expect(network.refreshes()).toBe(1);
        expect(network.refused()).toBe(0);
      }
      expect(onSignedOut).not.toHaveBeenCalled();
    });
  });

  test("a session ended elsewhere is reported once, and no request is repeated forever", async () => {
    const { api, network, onSignedOut, told, readOne, readTen, endEverywhere, logIn } = await start();
    expect(await readOne()).toBe("right");
    await endEverywhere();

    network.sent.length = 0;
    expect(await readTen()).toEqual(ten("UNAUTHENTICATED"));
    await told(1);
    expect(network.refreshes()).toBe(1);
    expect(network.sent.length).toBeLessThanOrEqual(21);

    network.sent.length = 0;
    expect(await readOne()).toBe("UNAUTHENTICATED");
    expect(network.sent).toHaveLength(1);
    expect(onSignedOut).toHaveBeenCalledTimes(1);

    // The next session works like the first one, and its end is reported once too.
    await logIn();
    expect(await readOne()).toBe("right");
    api.clock.advance(31 * 24 * hours);
    network.sent.length = 0;
    expect(await readTen()).toEqual(ten("UNAUTHENTICATED"));
    await told(2);
    // The queries themselves weren't sent: the client knows the answer.
    expect(network.refreshes()).toBe(1);
    expect(network.sent).toHaveLength(1);
  });

  test("where reads are public, no query of a session that has ended is answered as if nobody had signed in", async () => {
    const { api, network, told, readOne, readTen, endEverywhere, logIn } = await start({
      settings: { PUBLIC_READS: "true" },
    });
    await endEverywhere();
    for (const [ends, wait] of [
      [1, 0],
      [2, 31 * 24 * hours],
    ] as const) {
      api.clock.advance(wait);
      network.sent.length = 0;
      expect(await readTen()).toEqual(ten("UNAUTHENTICATED"));
      expect(network.sent.filter((sent) => sent.authorization === null && !network.isRefresh(sent))).toEqual([]);
      await told(ends);
      expect(await readOne()).toBe("right");
      await logIn();
    }
  });

  test("ten queries that the server refuses, one of them late, cause one refresh, and all are answered", async () => {
    const { api, network, machine, onSignedOut, readTen } = await start();
    // The machine has slept.
    const asleep = machine.now();
    machine.now = () => asleep;
    api.clock.advance(30 * minutes);

    let answered = 0;
    let isHolding = false;
    let release = () => {};
    const othersAreAnswered = new Promise<void>((resolve) => (release = resolve));
    network.onAnswer(async (request, response) => {
      if (response.status === 401 && !isHolding) {
        isHolding = true;
        await othersAreAnswered;
      } else if (response.status === 200 && !network.isRefresh(request) && ++answered === 9) release();
      return response;
    });
    network.sent.length = 0;

    expect(await readTen()).toEqual(ten("right"));
    expect(network.refreshes()).toBe(1);
    expect(network.refused()).toBe(10);
    expect(network.sent).toHaveLength(21);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test("a mutation refused because the token has expired is executed once", async () => {
    const { api, client, machine } = await start();
    const asleep = machine.now();
    machine.now = () => asleep;
    api.clock.advance(30 * minutes);

    await client.createPost("C");

    expect(await client.titles({ first: 10, offset: 0 })).toEqual([...titles, "C"]);
  });

  test("a refresh whose answer is lost is repeated by the next query, and the user stays signed in", async () => {
    const { api, network, onSignedOut, readOne, readTen } = await start();
    api.clock.advance(30 * minutes);
    let isLost = false;
    network.onAnswer(async (request, response) => {
      if (isLost || !network.isRefresh(request)) return response;
      isLost = true;
      throw new TypeError("fetch failed");
    });
    expect(await readOne()).toBe("unreachable");
    expect(isLost).toBe(true);

    // Longer than the server answers a used token whose successor was used.
    api.clock.advance(1 * hours);
    network.sent.length = 0;
    expect(await readTen()).toEqual(ten("right"));
    expect(network.refreshes()).toBe(1);
    expect(network.sent).toHaveLength(11);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test("a query that is refused with a new token too is not sent again", async () => {
    const { network, onSignedOut, readOne } = await start();
    network.dropAuthorization();
    network.sent.length = 0;
    expect(await readOne()).toBe("UNAUTHENTICATED");
    expect(network.sent).toHaveLength(3);
    expect(network.refreshes()).toBe(1);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test("wrong credentials have an error of their own; right ones work while the client holds an ended session's tokens", async () => {
    const { api, client, network, onSignedOut, readOne, logIn, endEverywhere } = await start();
    network.sent.length = 0;
    const failure = await client.logIn({ ...ada, password: "not this one at all" }).catch((error) => error);
    expect(client.codeOf(failure)).toBe("INVALID_CREDENTIALS");
    expect(network.sent).toHaveLength(1);
    expect(await readOne()).toBe("right");
    expect(onSignedOut).not.toHaveBeenCalled();

    await endEverywhere();
    api.clock.advance(30 * minutes);
    await logIn();
    expect(await readOne()).toBe("right");
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test("signing out forgets the tokens and isn't reported as an end; a stored refresh token signs in again", async () => {
    const { client, tokens, network, onSignedOut, readOne, readTen } = await start();
    client.signOut();
    network.sent.length = 0;
    expect(await readOne()).toBe("UNAUTHENTICATED");
    expect(network.sent).toHaveLength(1);
    expect(onSignedOut).not.toHaveBeenCalled();

    client.signIn({ accessToken: "", refreshToken: tokens.refreshToken, expiresIn: 0 });
    network.sent.length = 0;
    expect(await readTen()).toEqual(ten("right"));
    expect(network.sent).toHaveLength(11);
  });

  test("a request of one user that was refused or waits is never sent as the next user", async () => {
    const { api, client, machine, tokens, network, onSignedOut, readOne } = await start();
    const bob = await api.register("Bob");
    const signInBob = () => {
      client.signOut();
      client.signIn({ accessToken: bob.token, refreshToken: bob.refreshToken, expiresIn: 1799 });
    };
    const asleep = machine.now();
    const { now } = machine;
    api.clock.advance(30 * minutes);
    network.sent.length = 0;

    machine.now = () => asleep;
    network.onAnswer(async (_request, response) => {
      signInBob();
      return response;
    });
    expect(await readOne()).toBe("UNAUTHENTICATED");
    expect(network.sent).toHaveLength(1);

    client.signIn(tokens);
    machine.now = now;
    api.clock.advance(30 * minutes);
    network.onAnswer(async (request, response) => {
      if (network.isRefresh(request)) signInBob();
      return response;
    });
    expect(["UNAUTHENTICATED", "unreachable"]).toContain(await readOne());
    expect(network.refreshes()).toBe(1);
    expect(network.sent.map(({ authorization }) => authorization)).not.toContain(`Bearer ${bob.token}`);
    expect(onSignedOut).not.toHaveBeenCalled();
  });
}
