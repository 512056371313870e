import type { GraphQLResolveInfo } from "graphql";

import type { Context } from "../../kit/context.js";
import type { Transaction } from "../../database/transaction.js";
import { selectedOfPayload } from "./list/selected-fields.js";

/** Returns the operation's transactions. They roll back if the content of the changed post doesn't fit in the response. */
export function transactionWithContentLimit({ transaction, answer }: Context, info: GraphQLResolveInfo): Transaction {
  const { contentTimes } = selectedOfPayload(info);
  return (work) =>
    transaction(async (em, dialect) => {
      const result = await work(em, dialect);
      if (contentTimes > 0 && result instanceof Object && "content" in result)
        answer.add(Buffer.byteLength(JSON.stringify(result.content)) * contentTimes);
      return result;
    });
}
