import {
  badUserInput,
  DateTime,
  isId,
  isInOneOf,
  Needs,
  publish,
  requirePost,
  SameForAll,
  sql,
  subscriptionOf,
  viewerOf,
  visibilityScopes,
  type AddedFeature,
  type Context,
  type LogEvent,
} from "postern";
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  ID,
  Int,
  Mutation,
  ObjectType,
  Resolver,
  Root,
  Subscription,
} from "type-graphql";

declare module "postern" {
  interface AddedTopics {
    "cheer.given": { loudness: number };
  }
}

@ArgsType()
class CheersArguments {
  @Field(() => ID, { description: "The post." })
  postId!: string;

  @Field(() => String, { nullable: true, description: "The cursor of the last event seen." })
  after?: string | null;
}

@ObjectType("Cheer", { simpleResolvers: true, description: "Somebody cheers for a post." })
class CheerType {
  @SameForAll()
  @Field(() => String, { description: "CHEER; READY at first; RESET if cheers were missed." })
  readonly kind: "CHEER" | "READY" | "RESET";

  @SameForAll()
  @Field(() => String, { description: "Pass it as after to continue from here." })
  readonly cursor: string;

  @SameForAll()
  @Field(() => DateTime, { description: "When it happened." })
  readonly occurredAt: Date;

  @SameForAll()
  @Field(() => Int, { nullable: true, description: "From 1 to 10; null with READY and RESET." })
  readonly loudness: number | null;

  constructor(kind: CheerType["kind"], cursor: string, occurredAt: Date, loudness: number | null = null) {
    this.kind = kind;
    this.cursor = cursor;
    this.occurredAt = occurredAt;
    this.loudness = loudness;
  }
}

const subscribe = subscriptionOf<CheersArguments, CheerType, boolean>({
  topics: ["cheer.*"],
  only({ postId }) {
    if (!isId("post", postId)) throw badUserInput([{ path: ["postId"], message: "must be the id of a post" }]);
    return { about: postId };
  },
  // Read once for each cheer, however many subscribers there are: whether everybody may see the post now.
  async load({ about }, { reader, now }) {
    const isPublic = isInOneOf(visibilityScopes(undefined, now));
    return (await reader.all(sql`select 1 as found from posts p where p.id = ${about} and ${isPublic}`)).length > 0;
  },
  audience: ({ owner }, viewer, isPublic) => (isPublic || owner === viewer?.userId ? "all" : undefined),
  resolve: (event, { cursor }) =>
    new CheerType("CHEER", cursor, event.at, (event as LogEvent<"cheer.given">).payload.loudness),
  ready: (cursor, now) => new CheerType("READY", cursor, now),
  reset: (cursor, now) => new CheerType("RESET", cursor, now),
});

@Resolver()
class CheerResolver {
  @Mutation(() => Boolean, { description: "Cheers for a post." })
  @Needs("any")
  async cheer(
    @Arg("postId", () => ID, { description: "The post." }) postId: string,
    @Arg("loudness", () => Int, { description: "From 1 to 10." }) loudness: number,
    @Ctx() context: Context,
  ): Promise<boolean> {
    const viewer = viewerOf(context);
    await context.transaction(async (em) => {
      const { author } = await requirePost(em, viewer, postId, context.now);
      publish(em, { topic: "cheer.given", subject: postId, owner: author.id, about: postId, payload: { loudness } });
    });
    return true;
  }

  @Subscription(() => CheerType, { subscribe, description: "Cheers for a post, as they happen." })
  @Needs("reader")
  cheers(@Root() event: CheerType, @Args(() => CheersArguments) _args: CheersArguments): CheerType {
    return event;
  }
}

/** Everything that cheers add to the server. */
export const cheers = { topics: ["cheer.given"], resolvers: [CheerResolver] } satisfies AddedFeature;
