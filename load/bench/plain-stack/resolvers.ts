import { createHash, randomBytes, randomUUID, type KeyObject } from "node:crypto";

import type { EntityManager } from "@mikro-orm/core";
import { verify } from "@node-rs/argon2";
import jwt from "jsonwebtoken";
import { Arg, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { monotonicFactory } from "ulid";

import { Post, PostConnection, PostPayload, RefreshToken, Session, SessionPayload, User, Vote } from "./entities.js";

export type Context = { readonly em: EntityManager; readonly viewer: User | undefined; readonly key: KeyObject };

@InputType()
class CreatePostInput {
  @Field(() => String)
  title!: string;

  @Field(() => String)
  content!: string;
}

@InputType()
class LoginInput {
  @Field(() => String)
  email!: string;

  @Field(() => String)
  password!: string;
}

function requireViewer({ viewer }: Context): User {
  if (viewer === undefined) throw new Error("Could not validate credentials");
  return viewer;
}

const ulid = monotonicFactory();
const latestFirst = { listedAt: "desc", id: "desc" } as const;

@Resolver(() => Post)
export class PostResolver {
  @Query(() => User)
  me(@Ctx() context: Context): User {
    return requireViewer(context);
  }

  @Query(() => Post, { nullable: true })
  post(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Post | null> {
    const visible = [{ publishedAt: { $lte: new Date() } }, { author: requireViewer(context) }];
    return context.em.findOne(Post, { id, $or: visible }, { populate: ["author"] });
  }

  @Query(() => PostConnection)
  async posts(
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Ctx() context: Context,
  ): Promise<PostConnection> {
    const author = requireViewer(context);
    const now = new Date();
    const options = { orderBy: latestFirst, limit: first + 1, populate: ["author"] as const };
    // Two finds, since one with an $or would leave the indexes aside and sort every post there is.
    const [published, own] = await Promise.all([
      context.em.find(Post, { publishedAt: { $ne: null }, listedAt: { $lte: now } }, options),
      context.em.find(Post, { author, $or: [{ publishedAt: null }, { listedAt: { $gt: now } }] }, options),
    ]);
    const posts = [...published, ...own].toSorted(
      (a, b) => b.listedAt.getTime() - a.listedAt.getTime() || (a.id < b.id ? 1 : -1),
    );
    const nodes = posts.slice(0, first);
    const last = nodes.at(-1);
    const place = last && [1, "PUBLISHED_AT", "DESC", last.listedAt.getTime(), last.id];
    const endCursor = place === undefined ? null : Buffer.from(JSON.stringify(place)).toString("base64url");
    return { nodes, pageInfo: { hasNextPage: posts.length > first, endCursor } };
  }

  @FieldResolver(() => Boolean)
  published(@Root() { publishedAt }: Post): boolean {
    return publishedAt !== null && publishedAt <= new Date();
  }

  @FieldResolver(() => Boolean)
  async viewerHasVoted(@Root() post: Post, @Ctx() { em, viewer }: Context): Promise<boolean> {
    return (await em.count(Vote, { post, user: viewer! })) > 0;
  }

  @Mutation(() => PostPayload)
  async createPost(
    @Arg("input", () => CreatePostInput) { title, content }: CreatePostInput,
    @Ctx() context: Context,
  ): Promise<PostPayload> {
    const now = new Date();
    const post = context.em.create(Post, {
      id: `post_${ulid(now.getTime())}`,
      author: requireViewer(context),
      title: title.trim(),
      titleKey: title.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase(),
      content,
      publishedAt: now,
      listedAt: now,
      createdAt: now,
      updatedAt: now,
      voteCount: 0,
      version: 1,
    });
    await context.em.persistAndFlush(post);
    return { post };
  }

  @Mutation(() => SessionPayload)
  async login(
    @Arg("input", () => LoginInput) { email, password }: LoginInput,
    @Ctx() { em, key }: Context,
  ): Promise<SessionPayload> {
    const user = await em.findOne(User, { emailKey: email.trim().normalize("NFC").toLowerCase() });
    if (user === null || !(await verify(user.passwordHash, password))) throw new Error("Wrong email or password");
    const now = new Date();
    const session = em.create(Session, {
      id: `session_${ulid(now.getTime())}`,
      user,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + 30 * 24 * 60 * 60 * 1000),
      endedAt: null,
    });
    const refreshToken = randomBytes(32).toString("base64url");
    const hash = createHash("sha256").update(refreshToken).digest("base64url");
    await em.persist([session, em.create(RefreshToken, { hash, session })]).flush();
    const accessToken = jwt.sign({ sid: session.id }, key, {
      algorithm: "HS256",
      expiresIn: "30m",
      subject: user.id,
      jwtid: randomUUID(),
      issuer: "postern",
      audience: "postern",
    });
    return { accessToken, refreshToken, tokenType: "Bearer", user };
  }
}
