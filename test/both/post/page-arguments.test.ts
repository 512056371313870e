import { expect, test } from "vitest";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";
import {
  messageOf,
  type Arguments,
  ask,
  list,
  cursorsOf,
  withCursors,
  cursorMessage,
  refusals,
  neither,
} from "../../support/pages.js";

test("refuses arguments that break rules, and lists all violations", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createPost(ada, { title: "1" });
  const cursors = { "": "", ...(await cursorsOf(ada)) };

  for (const { args, issues } of refusals) {
    const { status, body } = await ask(ada, withCursors(args, cursors));
    expect({ args, status, body }).toEqual({
      args,
      status: 200,
      body: {
        data: null,
        errors: [
          {
            message: messageOf(issues),
            locations: expect.any(Array),
            path: ["posts"],
            extensions: { code: "BAD_USER_INPUT", issues },
          },
        ],
      },
    });
  }
});

test("refuses the same of a user's posts", async () => {
  const api = await startApi();
  const ada = await api.register();

  const { status, body } = await ada.send(`{ me { one: posts(first: 101, last: 1, after: "") { totalCount } } }`);

  // Their user was answered.
  expect(status).toBe(294);
  expect(body.errors).toHaveLength(1);
  expect(body.errors![0]).toMatchObject({
    path: ["me", "one"],
    extensions: {
      code: "BAD_USER_INPUT",
      issues: [
        { path: ["first"], message: "must be 0 to 100" },
        { path: ["last"], message: "must not be set together with first" },
        { path: ["after"], message: cursorMessage },
      ],
    },
  });
});

test.each<{ of: string; variables: Arguments; issues: { path: (string | number)[]; message: string }[] }>([
  {
    of: "operators for an author's id",
    variables: { filter: { authorId: { $ne: null } } },
    issues: [{ path: ["filter", "authorId"], message: "must be of type ID" }],
  },
  {
    of: "a list for an author's id",
    variables: { filter: { authorId: ["user_x"] } },
    issues: [{ path: ["filter", "authorId"], message: "must be of type ID" }],
  },
  {
    of: "an operator for a cursor, a number and a filter",
    variables: { after: { $gt: "" }, first: { $gt: 0 }, filter: "status = 'DRAFT'" },
    issues: [
      { path: ["first"], message: "must be of type Int" },
      { path: ["after"], message: "must be of type String" },
      { path: ["filter"], message: "must be of type PostFilter" },
    ],
  },
  {
    of: "fields that every object has",
    variables: { filter: { constructor: 1, toString: 1 }, orderBy: { field: "constructor", direction: "toString" } },
    issues: [
      { path: ["orderBy", "field"], message: "must be of type PostOrderField" },
      { path: ["orderBy", "direction"], message: "must be of type OrderDirection" },
      { path: ["filter", "constructor"], message: "is no field of PostFilter" },
      { path: ["filter", "toString"], message: "is no field of PostFilter" },
    ],
  },
  {
    of: "an order that is none of the clients'",
    variables: { orderBy: { field: "MATCH", direction: "desc" } },
    issues: [
      { path: ["orderBy", "field"], message: "must be of type PostOrderField" },
      { path: ["orderBy", "direction"], message: "must be of type OrderDirection" },
    ],
  },
  {
    of: "half an order, and dates that are none",
    variables: { orderBy: { field: "TITLE" }, filter: { createdAfter: 0, createdBefore: "2026-02-30T00:00:00Z" } },
    issues: [
      { path: ["orderBy", "direction"], message: "needs a value of type OrderDirection!" },
      { path: ["filter", "createdAfter"], message: "must be of type DateTime" },
      { path: ["filter", "createdBefore"], message: "must be of type DateTime" },
    ],
  },
])("refuses $of", async ({ variables, issues }) => {
  const api = await startApi();
  const ada = await api.register();

  const { status, body } = await ask(ada, variables);

  expect(status).toBe(422);
  expect(body).toEqual({
    errors: [{ message: messageOf(issues), extensions: { code: "BAD_USER_INPUT", issues } }],
  });
});

test("treats any text as an author's id", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createPost(ada);

  for (const authorId of ["", "' or 1 = 1 --", '"', "\\", '"] union select 1', "\u2028\u0001", "?", "%", "null", 0])
    expect(await list(ada, { filter: { authorId } })).toEqual({ titles: "", ...neither, totalCount: 0 });
});
