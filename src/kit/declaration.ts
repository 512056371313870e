import { Extensions } from "type-graphql";

/** The extension of a mutation that verifies or creates a secret. */
export const handlesSecret = "handlesSecret";

/** Marks a mutation that verifies or creates a secret. An operation may have only one of them. */
export const HandlesSecret = (): MethodDecorator => Extensions({ [handlesSecret]: true });
