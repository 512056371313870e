import { postsFor, PostType, Post, selectedOfPost, sql, UserType, viewerAt, type Context } from "postern";
import { assertInvisible, type World } from "postern/testing";
import { Arg, Ctx, FieldResolver, ID, Info, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { describe, expect, test } from "vitest";

import { bookmarks } from "../../../examples/bookmarks/bookmark.feature.js";

/** Has the viewer keep every post. */
const prepare = async ({ viewer, posts }: World) => {
  const add = "mutation ($postId: ID!) { addBookmark(postId: $postId) { id } }";
  for (const postId of posts) await viewer.send(add, { variables: { postId } });
};

test("a feature that reveals nothing hidden passes", async () => {
  await expect(assertInvisible(bookmarks, { prepare })).resolves.toBeUndefined();
});

test("a walk that finds no post fails, since it proves nothing", async () => {
  await expect(assertInvisible(bookmarks)).rejects.toThrow(
    /^Query\.node > Bookmark\.post: no post was met there; put one there in `prepare`[^]*\nQuery\.bookmarks > Bookmark\.post: /,
  );
});

const idsOf = ({ reader }: Context) => reader.all<{ id: string }>(sql`select id from posts order by id`);

@Resolver()
class Titles {
  @Query(() => [String])
  async titles(@Ctx() { reader }: Context): Promise<string[]> {
    return (await reader.all<{ title: string }>(sql`select title from posts order by id`)).map(({ title }) => title);
  }
}

@Resolver(() => UserType)
class Counted {
  @FieldResolver(() => Int)
  async postCount(@Root() { id }: UserType, @Ctx() { reader }: Context): Promise<number> {
    return (await reader.all(sql`select id from posts where author_id = ${id}`)).length;
  }
}

@Resolver()
class Holes {
  @Query(() => [PostType], { nullable: "items" })
  async everything(@Ctx() context: Context, @Info() info: any): Promise<(PostType | null)[]> {
    const posts = postsFor(context, viewerAt(context, info));
    const selected = selectedOfPost(info);
    return Promise.all((await idsOf(context)).map(({ id }) => posts.post(id, selected)));
  }
}

@Resolver()
class Known {
  @Mutation(() => Boolean)
  async isKnown(@Arg("postId", () => ID) postId: string, @Ctx() context: Context): Promise<boolean> {
    return (await idsOf(context)).some(({ id }) => id === postId);
  }
}

@Resolver()
class Touched {
  @Mutation(() => Boolean)
  async touch(@Arg("postId", () => ID) postId: string, @Ctx() { transaction }: Context): Promise<boolean> {
    await transaction((em) => em.nativeUpdate(Post, { id: postId }, { title: "Touched" }));
    return true;
  }
}

describe("a leak is found", () => {
  test.each([
    {
      of: "a root field that tells of all posts",
      resolvers: [Titles],
      told: /^Query\.titles with {}\n {2}with hidden posts: 200 .*Aardvark.*\n {2}without them: 200 (?!.*Aardvark)/,
    },
    {
      of: "a count below users",
      resolvers: [Counted],
      told: /^Query\.node > Post\.author > .*\n.*"postCount":6.*\n.*"postCount":2/,
    },
    { of: "a list with holes", resolvers: [Holes], told: /^Query\.everything with {}\n.*\n {2}without them: .*\[{/ },
    {
      of: "a mutation that knows ids",
      resolvers: [Known],
      told: /^Mutation\.isKnown with {"postId0":"post_\w+"}\n.*true/,
    },
    { of: "a mutation that changes any post", resolvers: [Touched], told: /^Hidden posts were changed/ },
  ])("$of", async ({ resolvers, told }) => {
    await expect(assertInvisible({ resolvers })).rejects.toThrow(told);
  });
});

@Resolver()
class Topics {
  @Query(() => [PostType])
  async about(@Arg("topic", () => String) topic: string): Promise<PostType[]> {
    if (topic === "none") throw new Error("a mistake");
    return [];
  }
}

test("an argument whose values the walk can't know needs given values", async () => {
  const resolvers = [Topics] as const;
  await expect(assertInvisible({ resolvers })).rejects.toThrow(
    'no values for Query.about(topic): add some to `scalars` as "String topic"',
  );
  await expect(assertInvisible({ resolvers }, { scalars: { "String topic": ["rain"] } })).rejects.toThrow(
    /^Query\.about: no post was met there/,
  );
  await expect(assertInvisible({ resolvers }, { scalars: { String: ["none"] } })).rejects.toThrow(
    'Query.about with {"topic0":"none"}: INTERNAL_SERVER_ERROR',
  );
});
