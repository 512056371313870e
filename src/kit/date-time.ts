import { GraphQLError, GraphQLScalarType } from "graphql";
import { GraphQLDateTimeISO } from "graphql-scalars";

const config = GraphQLDateTimeISO.toConfig();

// The years that RFC 3339 can write. An offset may move an instant beyond them, and no client could read it back.
const first = Date.parse("0000-01-01T00:00:00.000Z");
const last = Date.parse("9999-12-31T23:59:59.999Z");

/** @throws GraphQLError for an instant whose year in UTC does not have four digits. */
function withinYears(instant: Date): Date {
  const milliseconds = instant.getTime();
  if (milliseconds >= first && milliseconds <= last) return instant;
  throw new GraphQLError("A DateTime must be between the years 0000 and 9999 in UTC");
}

/** The scalar for instants: a `Date` in the code, RFC 3339 text in UTC with milliseconds in a response. */
export const DateTime = new GraphQLScalarType<Date, string>({
  ...config,
  name: "DateTime",
  description: "A point in time: RFC 3339, UTC, with milliseconds, such as 2026-11-22T09:30:00.000Z.",
  parseValue: (value) => withinYears(config.parseValue(value)),
  parseLiteral: (node, variables) => withinYears(config.parseLiteral(node, variables)),
});
