import { Extensions } from "type-graphql";

/** A field's value that is JSON already, in pieces. It is copied into the response as it is. */
export class RawJson {
  constructor(readonly pieces: readonly Buffer[]) {}
}

/** Marks a field of an object or a list that may resolve to `RawJson` if `context.answer.takesJson` is true. */
export const MayBeRawJson = (): PropertyDecorator & MethodDecorator => Extensions({ mayBeRawJson: true });
