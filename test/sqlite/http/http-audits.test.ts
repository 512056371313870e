import { serverAudits } from "graphql-http";
import { expect, test } from "vitest";

import { startApi } from "../../support/api.js";

const audits = (url: string) => serverAudits({ url, fetchFn: fetch });
// Any address will do for their names.
const names = audits("http://localhost").map(({ id, name }, index) => ({ id, name, index }));

test("graphql-http has as many audits as ever", () => {
  expect(names).toHaveLength(61);
});

test.each(names)("$id: $name", async ({ index }) => {
  const api = await startApi();
  const { status, reason } = { reason: "", ...(await audits(api.url)[index]!.fn()) };
  expect({ status, reason }).toEqual({ status: "ok", reason: "" });
});
