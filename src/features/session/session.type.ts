import { Field, ObjectType } from "type-graphql";

import { DateTime } from "../../kit/date-time.js";
import { Node } from "../../kit/node.type.js";

/** A session as its user sees it. The resolver adds `current`. */
@ObjectType("Session", {
  implements: Node,
  simpleResolvers: true,
  description: "A sign-in on one device, until it is ended or expires.",
})
export class SessionType extends Node {
  @Field(() => DateTime, { description: "When it was opened." })
  readonly createdAt: Date;

  @Field(() => DateTime, { description: "Its last sign-in or refresh." })
  readonly lastUsedAt: Date;

  @Field(() => DateTime, { description: "The end of the session, unless it is refreshed before." })
  readonly expiresAt: Date;

  @Field(() => String, { nullable: true, description: "The User-Agent header of the client that signed in." })
  readonly userAgent: string | null;

  constructor(session: Omit<SessionType, "id"> & { readonly id: string }) {
    super();
    this.id = session.id;
    this.createdAt = session.createdAt;
    this.lastUsedAt = session.lastUsedAt;
    this.expiresAt = session.expiresAt;
    this.userAgent = session.userAgent;
  }
}
