import { describe, expect, test } from "vitest";

import { startApi } from "../../support/api.js";

const create = `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { publishedAt } } }`;

describe("an instant whose year in UTC has not four digits", () => {
  test.each(["9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999-00:01", "0000-01-01T00:00:00+00:01"])(
    "is refused as a variable and as a literal: %s",
    async (publishAt) => {
      const api = await startApi();
      const ada = await api.register();
      const input = { title: "Later", content: "Much later.", publishAt };
      const asVariable = await ada.send(create, { variables: { input } });
      expect(asVariable.status).toBe(422);
      expect(asVariable.body.errors![0]!.extensions.issues).toEqual([
        { path: ["input", "publishAt"], message: "must be of type DateTime" },
      ]);
      const literal = `mutation { createPost(input: { title: "a", content: "b", publishAt: "${publishAt}" }) { post { id } } }`;
      expect((await ada.send(literal)).body.errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
      const filter = `query ($at: DateTime!) { posts(filter: { createdBefore: $at }) { totalCount } }`;
      expect((await ada.send(filter, { variables: { at: publishAt } })).status).toBe(422);
    },
  );
});

test.each([
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ["9999-12-31T23:59:59+23:59", "9999-12-31T00:00:59.000Z"],
])("the last instants come back as they are: %s", async (publishAt, back) => {
  const ada = await (await startApi()).register();
  const input = { title: "Later", content: "Much later.", publishAt };
  const { body } = await ada.send(create, { variables: { input } });
  expect(body.data.createPost.post.publishedAt).toBe(back);
});
