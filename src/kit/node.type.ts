import { Extensions, Field, ID, InterfaceType } from "type-graphql";

/**
 * Says of a field that its answer doesn't depend on who asks, so that one answer may serve all who are told of an event.
 * A field that doesn't say so is answered for each of them.
 */
export const SameForAll = (): PropertyDecorator & MethodDecorator => Extensions({ sharedAmong: "all" });

/** The same among those of one trait, whose name the events' source knows: what their answers differ by. */
export const SameForTrait = (trait: string): PropertyDecorator & MethodDecorator => Extensions({ sharedAmong: trait });

/** The GraphQL interface of everything with an id of its own. */
@InterfaceType({
  // Or a process that makes two schemas would find types in both that were added to one.
  autoRegisterImplementations: false,
  description: "Anything with a globally unique, opaque, stable id.",
})
export abstract class Node {
  @SameForAll()
  @Field(() => ID, { description: "Unique among all objects of every type; ids sort by creation." })
  id!: string;
}
