import { AccountResolver } from "./account.resolver.js";
import { Attempt } from "./attempt.entity.js";

export const account = { entities: [Attempt], resolvers: [AccountResolver] };
