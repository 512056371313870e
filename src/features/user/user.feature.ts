import { User } from "./user.entity.js";
import { UserResolver } from "./user.resolver.js";

export const user = { entities: [User], resolvers: [UserResolver] };
