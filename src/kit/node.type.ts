import { Extensions, Field, ID, InterfaceType } from "type-graphql";

/**
 * Marks a field whose value doesn't depend on the viewer, so that all subscribers of an event can share one answer. An
 * unmarked field is resolved for each of them.
 */
export const SameForAll = (): PropertyDecorator & MethodDecorator => Extensions({ sharedAmong: "all" });

/** Marks a field whose value is the same for all subscribers with the same trait, which the events' source knows by name. */
export const SameForTrait = (trait: string): PropertyDecorator & MethodDecorator => Extensions({ sharedAmong: trait });

/** The GraphQL interface of everything with an id of its own. */
@InterfaceType({
  // A process that makes two schemas would otherwise find the types of one in both.
  autoRegisterImplementations: false,
  description: "Anything with a globally unique, opaque, stable id.",
})
export abstract class Node {
  @SameForAll()
  @Field(() => ID, { description: "Unique among all objects of every type; ids sort by creation." })
  id!: string;
}
