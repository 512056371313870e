import { GraphQLScalarType } from "graphql";
import { GraphQLDateTimeISO } from "graphql-scalars";

/** An instant: a `Date` in the code, RFC 3339 text in UTC with milliseconds on the wire. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: "DateTime",
  description: "A point in time: RFC 3339, UTC, with milliseconds, such as 2026-11-22T09:30:00.000Z.",
});
