import { User } from "./user.entity.js";
import { UserResolver } from "./user.resolver.js";

declare module "../../database/event-log/event.js" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- added to the topics of other features
  interface OwnTopics {
    "user.created": Readonly<Record<string, never>>;
    "user.deleted": Readonly<Record<string, never>>;
  }
}

export const user = { topics: ["user.created", "user.deleted"] as const, entities: [User], resolvers: [UserResolver] };
