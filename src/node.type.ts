import { Field, ID, InterfaceType } from "type-graphql";

/** The GraphQL interface of everything with an id of its own. */
@InterfaceType({ description: "Anything with a globally unique, opaque, stable id." })
export abstract class Node {
  @Field(() => ID, { description: "Unique among all objects of every type; ids sort by creation." })
  id!: string;
}
