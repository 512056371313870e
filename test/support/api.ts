import { Writable } from "node:stream";

import { onTestFinished } from "vitest";

import type { PasswordCost } from "../../src/context.js";
import { readConfig } from "../../src/config/settings.js";
import { makeLog } from "../../src/log.js";
import { startServer, type RunningServer } from "../../src/server.js";
import { memoryUrl, openMigrated } from "./database.js";
import { handClock, handTimer, type HandClock, type HandTimer } from "./clock.js";

/** The secret that test servers sign with, and tests forge with. */
export const testSecret = "kept for the tests: 6b1f0c2e9d7a4835";

export type GraphQLError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly [detail: string]: unknown };
};

/** An answer as a client sees it. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly data?: any; readonly errors?: readonly GraphQLError[] };
};

export type RequestOptions = {
  readonly variables?: Record<string, unknown>;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
};

export type Api = {
  readonly server: RunningServer;
  readonly url: string;
  readonly clock: HandClock;
  readonly timer: HandTimer;
  /** Every line logged so far, parsed. */
  readonly logged: () => Record<string, any>[];
  /** Any request to the server, by path. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Answer>;
  /** One GraphQL request over HTTP, as clients send them. */
  readonly send: (query: string, options?: RequestOptions) => Promise<Answer>;
  /** Registers somebody new. */
  readonly register: (name?: string) => Promise<Account>;
};

export type Account = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
  /** A GraphQL request with this account's first token. */
  readonly send: (query: string, options?: RequestOptions) => Promise<Answer>;
};

/** As little as argon2id can be asked for, since a test that registers somebody is seldom about hashing. */
const cheapest: PasswordCost = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/**
 * Starts a server of its own for a test, on a free port, with a database in memory, a clock moved by hand and cheap
 * hashes. It stops when the test is over.
 */
export async function startApi(env: Record<string, string> = {}, { passwordCost = cheapest } = {}): Promise<Api> {
  const clock = handClock();
  const timer = handTimer();
  const lines: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const { config } = readConfig({
    PORT: "0",
    DATABASE_URL: memoryUrl,
    JWT_SECRET: testSecret,
    ...env,
  });
  const server = await startServer({
    config,
    clock,
    timer,
    passwordCost,
    log: makeLog("info", clock, output),
    ...(config.databaseUrl === memoryUrl && { database: await openMigrated() }),
  });
  onTestFinished(server.stop);

  const fetchAnswer = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(new URL(path, server.url), init);
    const text = await response.text();
    const json = text !== "" && /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : {} };
  };
  const send = (query: string, { variables, token, headers }: RequestOptions = {}) =>
    fetchAnswer("/graphql", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });

  let accounts = 0;
  const register = async (name = `Person ${++accounts}`): Promise<Account> => {
    const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.com`;
    const password = `password of ${name}`;
    const { body, text } = await send(
      `mutation ($input: RegisterInput!) { register(input: $input) { accessToken refreshToken expiresAt user { id sessions { id } } } }`,
      { variables: { input: { email, name, password } } },
    );
    if (body.errors !== undefined) throw new Error(`nobody was registered: ${text}`);
    const { accessToken: token, refreshToken, expiresAt, user } = body.data.register;
    return {
      id: user.id,
      name,
      email,
      password,
      token,
      refreshToken,
      sessionId: user.sessions[0].id,
      expiresAt: new Date(expiresAt),
      send: (query, options) => send(query, { token, ...options }),
    };
  };

  return {
    server,
    url: server.url,
    clock,
    timer,
    logged: () => lines.map((line) => JSON.parse(line)),
    fetch: fetchAnswer,
    send,
    register,
  };
}
