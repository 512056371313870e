import { Arg, Field, FieldResolver, InputType, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { expect, test } from "vitest";

import { Answers, Needs, UserType, type AddedFeature, type ErrorCode } from "../../../src/index.js";
import { declarationsOf } from "../../../src/graphql/declarations.js";
import { featuresWith, joinFeatures, makeSchema } from "../../../src/graphql/schema.js";

const schemaOf = (added: AddedFeature) => makeSchema(featuresWith(added));
const declaredIn = (added: AddedFeature, field: string) =>
  declarationsOf(schemaOf(added)).find((one) => one.field === field)!;

@Resolver()
class Base {
  @Query(() => String)
  @Needs("none")
  @Answers("NOT_FOUND")
  inherited(): string {
    return "";
  }

  @Query(() => String)
  @Needs("none")
  @Answers("NOT_FOUND")
  overridden(): string {
    return "";
  }

  @Query(() => String)
  @Needs("none")
  @Answers("NOT_FOUND")
  redeclared(): string {
    return "";
  }
}

@Resolver()
class Sub extends Base {
  override overridden(): string {
    return "";
  }

  @Needs("session")
  override redeclared(): string {
    return "";
  }
}

test("a subclass inherits the declarations of methods that it overrides, and may replace each", () => {
  const added = { resolvers: [Sub] };
  for (const field of ["Query.inherited", "Query.overridden"])
    expect(declaredIn(added, field)).toMatchObject({ needs: "none", answers: ["NOT_FOUND"] });
  expect(declaredIn(added, "Query.redeclared")).toMatchObject({ needs: "session", answers: ["NOT_FOUND"] });
});

@InputType()
class AnyInput {
  @Field(() => Int)
  count!: number;
}

@Resolver()
class Plain {
  @Query(() => String, { description: "A list." })
  list(): string {
    return "";
  }

  @Mutation(() => String, { description: "A change. Needs a session." })
  change(@Arg("input", () => AnyInput) _input: AnyInput): string {
    return "";
  }

  @Query(() => String)
  @Needs("none")
  open(): string {
    return "";
  }
}

test("a field without a declaration is any, and each kind implies codes", () => {
  const added = { resolvers: [Plain] };
  const all = ["INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE", "QUERY_TOO_COMPLEX"];
  const codes = (field: string) => [...declaredIn(added, field).codes];
  expect(declaredIn(added, "Query.list")).toMatchObject({ needs: "any", isDeclared: false });
  expect(codes("Query.list")).toEqual([...all, "UNAUTHENTICATED"]);
  expect(codes("Mutation.change")).toEqual([...all, "BAD_USER_INPUT", "UNAUTHENTICATED", "FORBIDDEN"]);
  expect(codes("Query.open")).toEqual(all);
  expect(codes("Mutation.logoutEverywhere")).toEqual([...all, "UNAUTHENTICATED", "FORBIDDEN"]);
  expect(codes("Subscription.postEvents")).toEqual([...all, "BAD_USER_INPUT", "UNAUTHENTICATED", "NOT_ACCEPTABLE"]);
});

test("descriptions say which credential a field needs, once", () => {
  const schema = schemaOf({ resolvers: [Plain] });
  const { list, open, post } = schema.getQueryType()!.getFields();
  const { change, logout } = schema.getMutationType()!.getFields();
  expect(list!.description).toBe("A list. Needs a session.");
  expect(open!.description).toBe("Ignores any Authorization header.");
  expect(post!.description).toMatch(/ Needs a session \(see PUBLIC_READS\)\.$/);
  expect(change!.description).toBe("A change. Needs a session.");
  expect(logout!.description).toMatch(/ Needs a session, unless refreshToken is given\.$/);
});

@Resolver()
class TwoNeeds {
  @Query(() => String)
  @Needs("any")
  @Needs("none")
  twice(): string {
    return "";
  }
}

@Resolver()
class TwoAnswers {
  @Answers("CONFLICT")
  @Query(() => String)
  @Answers("NOT_FOUND")
  twice(): string {
    return "";
  }
}

@Resolver(() => UserType)
class Below {
  @Needs("none")
  @FieldResolver(() => String)
  nickname(): string {
    return "";
  }
}

@Resolver()
class NoField {
  @Query(() => String)
  some(): string {
    return "";
  }

  @Answers("NOT_FOUND")
  helper(): string {
    return "";
  }
}

@ObjectType()
class Thing {
  @Needs("none")
  @Field(() => String)
  name(): string {
    return "";
  }
}

@Resolver()
class Things {
  @Query(() => Thing)
  thing(): Thing {
    return new Thing();
  }
}

@Resolver()
class Misspelt {
  @Query(() => String)
  @Answers("SHELF_FUL" as ErrorCode)
  misspelt(): string {
    return "";
  }
}

@Resolver()
class NoNeed {
  @Query(() => String)
  @Needs("nobody" as "none")
  nobody(): string {
    return "";
  }
}

@Resolver()
class NoInput {
  @Mutation(() => String)
  @Needs("session", { unless: "ticket" })
  leave(@Arg("input", () => AnyInput) _input: AnyInput): string {
    return "";
  }
}

test.each<{ of: string; added: AddedFeature; line: string }>([
  {
    of: "two @Needs",
    added: { resolvers: [TwoNeeds] },
    line: "TwoNeeds.twice: there are two of @Needs; write one",
  },
  {
    of: "two @Answers",
    added: { resolvers: [TwoAnswers] },
    line: "TwoAnswers.twice: there are two of @Answers; write one",
  },
  {
    of: "a decorator on a field below the root",
    added: { resolvers: [Below] },
    line: "Below.nickname: @Needs is for root fields alone; nothing would check it here",
  },
  {
    of: "a decorator on a method that is no field",
    added: { resolvers: [NoField] },
    line: "NoField.helper: @Answers is for root fields alone; nothing would check it here",
  },
  {
    of: "a decorator in a type's class",
    added: { resolvers: [Things] },
    line: "Thing.name: @Needs is for root fields alone; nothing would check it here",
  },
  {
    of: "an unknown code",
    added: { resolvers: [Misspelt] },
    line: "Query.misspelt: SHELF_FUL is no error code; add it to errorCodes",
  },
  {
    of: "an unknown need",
    added: { resolvers: [NoNeed] },
    line: "Query.nobody: needs must be one of none, reader, any, session",
  },
  {
    of: "a stand-in that is not in the input",
    added: { resolvers: [NoInput] },
    line: "Mutation.leave: unless names ticket, which is no field of its argument input",
  },
  {
    of: "an entry beside decorators",
    added: { resolvers: [Plain], declarations: { "Query.open": { needs: "any" } } },
    line: "declarations: Query.open has decorators already; write one or the other",
  },
  {
    of: "an entry for a field that isn't there",
    added: { resolvers: [Plain], declarations: { "Mutation.list": { needs: "any" } } },
    line: "declarations: there is no root field Mutation.list",
  },
  {
    of: "an entry for one of Postern's",
    added: { declarations: { "Query.posts": { needs: "none" } } },
    line: "declarations: Query.posts is Postern's, and declared already",
  },
  {
    of: "an unknown code in an entry",
    added: { resolvers: [Plain], declarations: { "Query.list": { needs: "any", answers: ["NONE" as ErrorCode] } } },
    line: "Query.list: NONE is no error code; add it to errorCodes",
  },
])("refuses $of in one line", ({ added, line }) => {
  expect(() => schemaOf(added)).toThrow(new Error(line));
});

test("refuses a field that two features declare", () => {
  const one: AddedFeature = { declarations: { "Query.list": { needs: "any" } } };
  expect(() => joinFeatures(one, one)).toThrow('declarations: two features have "Query.list"');
});
