import { Field, ObjectType } from "type-graphql";

import type { Viewer } from "../../kit/auth.js";
import { DateTime } from "../../kit/date-time.js";
import { Node, SameForAll } from "../../kit/node.type.js";

/** What everybody may know of a user. The resolver adds the email, which only its owner sees. */
@ObjectType("User", { implements: Node, simpleResolvers: true, description: "Somebody with an account." })
export class UserType extends Node {
  @SameForAll()
  @Field(() => String, { description: "The name that others see." })
  readonly name: string;

  @SameForAll()
  @Field(() => DateTime, { description: "When the account was made." })
  readonly createdAt: Date;

  constructor({ id, name, createdAt }: { readonly id: string; readonly name: string; readonly createdAt: Date }) {
    super();
    this.id = id;
    this.name = name;
    this.createdAt = createdAt;
  }
}

/** The viewer as GraphQL shows users. */
export function userOf({ userId, name, registeredAt }: Viewer): UserType {
  return new UserType({ id: userId, name, createdAt: registeredAt });
}
