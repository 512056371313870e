import { Arg, Ctx, Field, ID, InputType, Mutation, Query, Resolver } from "type-graphql";
import { describe, expect, onTestFinished, test } from "vitest";

import {
  Answers,
  joinFeatures,
  KnownError,
  Needs,
  requireReader,
  requireViewer,
  type AddedFeature,
  type ErrorCode,
} from "../../../src/index.js";
import type { Context } from "../../../src/kit/context.js";
import { createTestServer } from "../../../src/testing/test-server.js";
import type { Answer, Transport } from "../../../src/testing/transport.js";
import { startApi, type Api } from "../../support/api.js";
import { openMigrated } from "../../support/database.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { eventStream } from "../../support/live.js";

@InputType()
class LeaveInput {
  @Field(() => String, { nullable: true })
  ticket?: string | null;
}

let converted = 0;

@InputType()
class CountedInput {
  constructor() {
    converted += 1;
  }

  @Field(() => String)
  text!: string;
}

@Resolver()
class Rooms {
  @Query(() => String)
  @Needs("none")
  hall(): string {
    return "in";
  }

  // The order of decorators makes no difference.
  @Needs("reader")
  @Query(() => String)
  library(): string {
    return "in";
  }

  @Query(() => String)
  @Needs("any")
  office(): string {
    return "in";
  }

  @Query(() => String)
  @Needs("session")
  vault(): string {
    return "in";
  }

  @Query(() => String)
  cellar(): string {
    return "in";
  }

  @Mutation(() => String)
  @Needs("session", { unless: "ticket" })
  leave(@Arg("input", () => LeaveInput, { nullable: true }) input?: LeaveInput | null): string {
    return input?.ticket ?? "in";
  }

  @Mutation(() => String)
  count(@Arg("input", () => CountedInput) input: CountedInput): string {
    return input.text;
  }

  @Query(() => String)
  guarded(@Ctx() context: Context): string {
    return requireViewer(context).name;
  }

  @Query(() => String)
  @Needs("reader")
  guardedForReaders(@Ctx() context: Context): string {
    return requireReader(context)?.name ?? "nobody";
  }
}

type Way = Transport | "stream";
const ways: Way[] = ["http", "execute", "socket", "stream"];

/** Returns the value of the field, or the reason of the refusal. */
async function outcomeOf(sent: Promise<Answer>): Promise<unknown> {
  const { body, text } = await sent;
  const event = /^data: (\{.*)$/m.exec(text)?.[1];
  const { data, errors }: Answer["body"] = event === undefined ? body : JSON.parse(event);
  if (errors !== undefined) return errors[0]!.extensions["reason"] ?? errors[0]!.extensions.code;
  return Object.values(data)[0];
}

const fields = ["hall", "library", "office", "vault", "cellar"];

describe.each(ways)("over %s", (way) => {
  test.each([
    { publicReads: "false", withoutHeader: ["in", ...Array<string>(4).fill("TOKEN_MISSING")] },
    { publicReads: "true", withoutHeader: ["in", "in", ...Array<string>(3).fill("TOKEN_MISSING")] },
  ])("each need meets each credential, with PUBLIC_READS=$publicReads", async ({ publicReads, withoutHeader }) => {
    const settings = { PUBLIC_READS: publicReads };
    const api = await startApi(settings, { resolvers: [Rooms], over: way === "stream" ? "http" : way });
    const headers: Record<string, string> = way === "stream" ? { accept: eventStream } : {};
    const ada = await api.as("Ada");
    const outcomes = async (token: string | undefined) => {
      const found: unknown[] = [];
      for (const field of fields) found.push(await outcomeOf(api.send(`{ ${field} }`, { token, headers })));
      return found;
    };
    expect(await outcomes(undefined)).toEqual(withoutHeader);
    expect(await outcomes(ada.token)).toEqual(fields.map(() => "in"));
    // A socket closes at a bad credential, whatever its operations need.
    const refused = (reason: string) => fields.map((_, at) => (at === 0 && way !== "socket" ? "in" : reason));
    expect(await outcomes(ada.tokens.tampered())).toEqual(refused("TOKEN_INVALID"));
    expect(await outcomes(ada.tokens.expired())).toEqual(refused("TOKEN_EXPIRED"));
  });
});

test("a field of input stands in for the credential", async () => {
  const api = await startApi({}, { resolvers: [Rooms] });
  const leave = (input: object | null, token?: string) =>
    outcomeOf(api.send("mutation ($input: LeaveInput) { leave(input: $input) }", { variables: { input }, token }));
  const { token, tokens } = await api.as("Ada");
  for (const bad of [undefined, tokens.tampered()]) expect(await leave({ ticket: "out" }, bad)).toBe("out");
  for (const input of [null, {}, { ticket: null }]) {
    expect(await leave(input)).toBe("TOKEN_MISSING");
    expect(await leave(input, tokens.tampered())).toBe("TOKEN_INVALID");
    expect(await leave(input, token)).toBe("in");
  }
});

test("the credential is checked before arguments are converted", async () => {
  const api = await startApi({}, { resolvers: [Rooms] });
  const count = 'mutation { count(input: { text: "in" }) }';
  const before = converted;
  expect(await outcomeOf(api.send(count))).toBe("TOKEN_MISSING");
  expect(converted).toBe(before);
  expect(await outcomeOf((await api.as("Ada")).send(count))).toBe("in");
  expect(converted).toBe(before + 1);
});

test("the guards of 0.2 go on working in a resolver", async () => {
  const api = await startApi({ PUBLIC_READS: "true" }, { resolvers: [Rooms] });
  const ada = await api.as("Ada");
  expect(await outcomeOf(api.send("{ guarded }"))).toBe("TOKEN_MISSING");
  expect(await outcomeOf(ada.send("{ guarded }"))).toBe("Ada");
  expect(await outcomeOf(api.send("{ guardedForReaders }"))).toBe("nobody");
  expect(await outcomeOf(ada.send("{ guardedForReaders }"))).toBe("Ada");
});

test("the start logs one line with the undeclared fields, and none if there are none", async () => {
  const lines = (api: Api) => api.logged().filter(({ msg }) => /without a declaration/.test(msg as string));
  expect(lines(await startApi({}, { resolvers: [Rooms] }))).toMatchObject([
    { level: 40, fields: ["Query.cellar", "Query.guarded", "Mutation.count"] },
  ]);
  const declarations: AddedFeature["declarations"] = {
    "Query.cellar": { needs: "reader" },
    "Query.guarded": { needs: "any" },
    "Mutation.count": { needs: "none" },
  };
  const api = await startApi({}, { resolvers: [Rooms], declarations });
  expect(lines(api)).toEqual([]);
  expect(await outcomeOf(api.send('mutation { count(input: { text: "in" }) }'))).toBe("in");
  expect(await outcomeOf(api.send("{ cellar }"))).toBe("TOKEN_MISSING");
});

test("servers of one process keep to their own declarations", async () => {
  const open = await startApi({}, { resolvers: [Rooms], declarations: { "Query.cellar": { needs: "none" } } });
  const closed = await startApi({}, { resolvers: [Rooms] });
  expect(await outcomeOf(open.send("{ cellar }"))).toBe("in");
  expect(await outcomeOf(closed.send("{ cellar }"))).toBe("TOKEN_MISSING");
});

@Resolver()
class Shelves {
  @Query(() => String)
  @Needs("none")
  @Answers("NOT_FOUND")
  async shelf(@Arg("code", () => String) code: string): Promise<string> {
    throw new KnownError(code as ErrorCode, "as it is");
  }

  @Query(() => ID)
  place(): string {
    throw new KnownError("CONFLICT", "as it is");
  }
}

test("an undeclared code goes out, is logged once and fails the stop of the kit", async () => {
  const features: AddedFeature = joinFeatures(
    { resolvers: [Shelves], errorCodes: { SHELF_FULL: 200 } },
    { declarations: { "Query.place": { needs: "none", answers: ["NOT_FOUND"] } } },
  );
  const database = await openMigrated(undefined, featuresWith(features));
  const api = await createTestServer({ ...features, database });
  onTestFinished(() => api.server.stop());
  for (const code of ["NOT_FOUND", "BAD_USER_INPUT", "TIMEOUT", "SHELF_FULL", "SHELF_FULL", "SHELF_FUL"])
    expect(await outcomeOf(api.send(`{ shelf(code: "${code}") }`))).toBe(
      // A code that the server doesn't know is masked.
      code === "SHELF_FUL" ? "INTERNAL_SERVER_ERROR" : code,
    );
  expect(await outcomeOf(api.send("{ place }"))).toBe("CONFLICT");

  const shelf = { field: "Query.shelf", code: "SHELF_FULL", declareBy: '@Answers("NOT_FOUND", "SHELF_FULL")' };
  const place = {
    field: "Query.place",
    code: "CONFLICT",
    declareBy: '"Query.place": { answers: ["NOT_FOUND", "CONFLICT"], … }',
  };
  expect(api.logged().filter(({ declareBy }) => declareBy !== undefined)).toMatchObject([shelf, place]);
  await expect(api.stop()).rejects.toThrow(
    `Query.shelf answered SHELF_FULL, which it doesn't declare: add ${shelf.declareBy}\n` +
      `Query.place answered CONFLICT, which it doesn't declare: add ${place.declareBy}`,
  );
});
