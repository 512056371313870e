import { RefreshToken } from "./refresh-token.entity.js";
import { Session } from "./session.entity.js";
import { SessionResolver, UserSessionsResolver } from "./session.resolver.js";

declare module "../../database/event-log/event.js" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- added to the topics of other features
  interface OwnTopics {
    "session.ended": Readonly<Record<string, never>>;
  }
}

export const session = {
  topics: ["session.ended"] as const,
  entities: [Session, RefreshToken],
  resolvers: [SessionResolver, UserSessionsResolver],
};
