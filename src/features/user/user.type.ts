import { Field, ObjectType } from "type-graphql";

import type { Viewer } from "../../kit/auth.js";
import { DateTime } from "../../kit/date-time.js";
import { Node, SameForAll } from "../../kit/node.type.js";

/** The public fields of a user. The resolver adds the email, which only the user sees. */
@ObjectType("User", { implements: Node, simpleResolvers: true, description: "A user with an account." })
export class UserType extends Node {
  @SameForAll()
  @Field(() => String, { description: "The name that other users see." })
  readonly name: string;

  @SameForAll()
  @Field(() => DateTime, { description: "When the account was created." })
  readonly createdAt: Date;

  constructor({ id, name, createdAt }: { readonly id: string; readonly name: string; readonly createdAt: Date }) {
    super();
    this.id = id;
    this.name = name;
    this.createdAt = createdAt;
  }
}

/** Returns the viewer as a GraphQL user. */
export function userOf({ userId, name, registeredAt }: Viewer): UserType {
  return new UserType({ id: userId, name, createdAt: registeredAt });
}
