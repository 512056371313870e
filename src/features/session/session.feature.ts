import { RefreshToken } from "./refresh-token.entity.js";
import { Session } from "./session.entity.js";
import { SessionResolver, UserSessionsResolver } from "./session.resolver.js";

export const session = { entities: [Session, RefreshToken], resolvers: [SessionResolver, UserSessionsResolver] };
