import type { GraphQLResolveInfo } from "graphql";

import type { Context } from "../../kit/context.js";
import type { Transaction } from "../../database/transaction.js";
import { selectedOfPayload } from "./list/selection.js";

/** The operation's transactions, which don't commit where the answer has no room for the content of the post. */
export function countingContent({ transaction, answer }: Context, info: GraphQLResolveInfo): Transaction {
  const { contentTimes } = selectedOfPayload(info);
  return (work) =>
    transaction(async (em, dialect) => {
      const result = await work(em, dialect);
      if (contentTimes > 0 && result instanceof Object && "content" in result)
        answer.add(Buffer.byteLength(JSON.stringify(result.content)) * contentTimes);
      return result;
    });
}
