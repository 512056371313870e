import { describe, expect, test } from "vitest";

import { askWho, startSessions, whoIs } from "../../support/client-sessions.js";

const minutes = 60_000;
const days = 24 * 60 * minutes;

/** Lets go of whoever awaits `here`. */
function gate() {
  let open!: () => void;
  const here = new Promise<void>((resolve) => (open = resolve));
  return { here, open };
}

describe("a query of a session that has ended", () => {
  test.each([
    { accept: "application/graphql-response+json, application/json" },
    { accept: "application/json" },
    { accept: "*/*" },
    { accept: undefined },
  ])("is answered by the client as the server would, to Accept: $accept", async ({ accept }) => {
    const { api, network, tokens, open } = await startSessions({}, { PUBLIC_READS: "true" });
    const ask = { ...askWho, headers: { ...askWho.headers, ...(accept !== undefined && { accept }) } };
    const partsOf = async (response: Response) => {
      const { errors, ...rest } = JSON.parse(await response.text());
      const { expiredAt: _, serverTime: __, ...extensions } = errors[0].extensions;
      return {
        status: response.status,
        type: response.headers.get("content-type"),
        challenge: response.headers.get("www-authenticate"),
        rest,
        errors: [{ message: errors[0].message, extensions }],
      };
    };
    const session = open();
    await session.signIn(tokens);
    api.clock.advance(31 * days);
    const authorization = `Bearer ${tokens.accessToken}`;
    const expected = await partsOf(await fetch(api.url, { ...ask, headers: { ...ask.headers, authorization } }));
    expect(expected.errors[0]!.extensions.reason).toBe("TOKEN_EXPIRED");

    expect(await partsOf(await session.fetch(session.url, ask))).toEqual(expected);
    expect(network.sent.every(network.isRefresh)).toBe(true);
    await session.told("EXPIRED");
  });

  test.each([
    { by: "an end elsewhere", reason: "SESSION_REVOKED" },
    { by: "signing out", reason: undefined },
  ])("that ended by $by is refused with SESSION_REVOKED", async ({ reason }) => {
    const { api, network, tokens, open, endEverywhere } = await startSessions({}, { PUBLIC_READS: "true" });
    const session = open();
    await session.signIn(tokens);
    if (reason !== undefined) await endEverywhere();
    api.clock.advance(30 * minutes);
    network.onAnswer(async (_request, response) => {
      if (reason === undefined) await session.signOut();
      return response;
    });
    expect(await whoIs(session)).toBe("SESSION_REVOKED");
    await session.told(...(reason === undefined ? [] : [reason]));
    expect(await whoIs(session)).toBe("TOKEN_MISSING");
  });

  test("is answered before the end is reported, one that hangs excepted", async () => {
    const { network, tokens, open, endEverywhere } = await startSessions();
    const session = open();
    await session.signIn(tokens);
    await endEverywhere();
    const [slow, hanging] = [gate(), gate()];
    let queries = 0;
    network.onAnswer(async (request, response) => {
      if (network.isRefresh(request)) return response;
      queries += 1;
      if (queries === 1) await slow.here;
      if (queries === 2) await hanging.here;
      return response;
    });
    const events: string[] = [];
    session.onSignedOut.mockImplementation(() => void events.push("end"));
    const ask = async () => void events.push((await whoIs(session)) as string);
    const [first, stuck] = [ask(), ask()];
    await ask();
    // Whatever is asked until the application knows belongs to the session too.
    await ask();
    slow.open();
    await first;
    await session.told("SESSION_REVOKED");
    expect(events).toEqual([...Array.from({ length: 3 }, () => "SESSION_REVOKED"), "end"]);
    hanging.open();
    await stuck;
  });
});

test("the end is reported before the next sign-in", async () => {
  const { api, tokens, open, endEverywhere } = await startSessions();
  const bob = await api.register("Bob");
  const session = open();
  await session.signIn(tokens);
  await endEverywhere();
  const standings: boolean[] = [];
  session.onSignedOut.mockImplementation(() => void standings.push(session.isSignedIn()));
  await whoIs(session);
  await session.signIn({ accessToken: bob.token, refreshToken: bob.refreshToken, expiresIn: 1799 });
  expect(standings).toEqual([false]);
  expect(await whoIs(session)).toBe("Bob");
});

test("a refusal with status 200, to a client that accepts only JSON, refreshes too", async () => {
  const { api, network, ada, tokens, open } = await startSessions({ now: () => 0 });
  const session = open();
  await session.signIn(tokens);
  api.clock.advance(30 * minutes);
  const ask = (body: string) =>
    session.fetch(session.url, { ...askWho, body, headers: { ...askWho.headers, accept: "application/json" } });
  expect(await (await ask(askWho.body)).json()).toEqual({ data: { me: { name: "Ada" } } });
  expect(network.sent.map(({ status }) => status)).toEqual([200, 200, 200]);

  // Part of this is done with any token, so it isn't sent again.
  api.clock.advance(30 * minutes);
  const input = JSON.stringify({ email: ada.email, password: ada.password }).replaceAll(/"(\w+)":/g, "$1: ");
  const partly = await ask(
    JSON.stringify({ query: `mutation { login(input: ${input}) { expiresIn } logoutEverywhere { endedSessions } }` }),
  );
  expect(await partly.json()).toMatchObject({ errors: [{ extensions: { reason: "TOKEN_EXPIRED" } }] });
  expect(network.refreshes()).toBe(1);
});

test("a request is given up while it waits for a refresh, and the refresh goes on for the others", async () => {
  const { api, network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  api.clock.advance(30 * minutes);
  const [asked, answer] = [gate(), gate()];
  network.onAnswer(async (request, response) => {
    if (network.isRefresh(request)) {
      asked.open();
      await answer.here;
    }
    return response;
  });
  const controller = new AbortController();
  const givenUp = session.fetch(session.url, { ...askWho, signal: controller.signal });
  const byRequest = session.fetch(new Request(session.url, { ...askWho, signal: controller.signal }));
  const other = whoIs(session);
  await asked.here;
  controller.abort(new Error("Not needed any longer"));
  await expect(givenUp).rejects.toThrow("Not needed any longer");
  await expect(byRequest).rejects.toThrow("Not needed any longer");
  await expect(session.fetch(session.url, { ...askWho, signal: controller.signal })).rejects.toThrow("Not needed");
  answer.open();
  expect(await other).toBe("Ada");
  expect(network.refreshes()).toBe(1);
});

test("a page instead of JSON is an error that names its address", async () => {
  const { api, network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  const page = () =>
    new Response("<html>Bad gateway</html>", { status: 502, headers: { "content-type": "text/html; charset=utf-8" } });
  network.onAnswer(async () => page());
  const says = `${api.url} answered with text/html and status 502 instead of JSON. A proxy may have answered`;
  await expect(whoIs(session)).rejects.toThrow(says);
  await expect(session.fetch(new Request(`${session.url}?query={me{name}}`))).rejects.toThrow(says);
  // Other paths of the server may have pages.
  expect((await session.fetch(new URL("/", session.url))).status).toBe(502);

  api.clock.advance(30 * minutes);
  await expect(session.token()).rejects.toThrow(`The session was not refreshed: ${says}`);
  expect(session.isSignedIn()).toBe(true);
});

test("a stream as a body is refused with the reason, and sends nothing", async () => {
  const { network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  const streams = [new Blob([askWho.body]).stream(), (async function* () {})()];
  for (const stream of streams) {
    const init = { ...askWho, body: stream, duplex: "half" } as unknown as RequestInit;
    await expect(session.fetch(session.url, init)).rejects.toThrow(/can't send a stream.+Pass the body as a string/);
  }
  expect(network.sent).toEqual([]);
});
