// The tables as entities and types at once, as tutorials have it.
import { Entity, ManyToOne, PrimaryKey, Property } from "@mikro-orm/core";
import { Field, ID, Int, ObjectType } from "type-graphql";

@ObjectType()
@Entity({ tableName: "users" })
export class User {
  @Field(() => ID)
  @PrimaryKey({ type: "text" })
  id!: string;

  @Field(() => String)
  @Property({ type: "text" })
  name!: string;

  @Property({ type: "text" })
  emailKey!: string;

  @Property({ type: "text" })
  passwordHash!: string;
}

@Entity({ tableName: "sessions" })
export class Session {
  @PrimaryKey({ type: "text" })
  id!: string;

  @ManyToOne(() => User)
  user!: User;

  @Property({ type: "datetime", length: 3 })
  createdAt!: Date;

  @Property({ type: "datetime", length: 3 })
  lastUsedAt!: Date;

  @Property({ type: "datetime", length: 3 })
  expiresAt!: Date;

  @Property({ type: "datetime", length: 3, nullable: true })
  endedAt!: Date | null;
}

@Entity({ tableName: "refresh_tokens" })
export class RefreshToken {
  @PrimaryKey({ type: "text" })
  hash!: string;

  @ManyToOne(() => Session)
  session!: Session;
}

@ObjectType()
@Entity({ tableName: "posts" })
export class Post {
  @Field(() => ID)
  @PrimaryKey({ type: "text" })
  id!: string;

  @Field(() => User)
  @ManyToOne(() => User)
  author!: User;

  @Field(() => String)
  @Property({ type: "text" })
  title!: string;

  @Property({ type: "text" })
  titleKey!: string;

  @Field(() => String)
  @Property({ type: "text" })
  content!: string;

  @Property({ type: "datetime", length: 3, nullable: true })
  publishedAt!: Date | null;

  @Property({ type: "datetime", length: 3 })
  listedAt!: Date;

  @Field(() => Date)
  @Property({ type: "datetime", length: 3 })
  createdAt!: Date;

  @Property({ type: "datetime", length: 3 })
  updatedAt!: Date;

  @Field(() => Int)
  @Property({ type: "integer" })
  voteCount!: number;

  @Property({ type: "integer" })
  version!: number;
}

@Entity({ tableName: "votes" })
export class Vote {
  @ManyToOne(() => Post, { primary: true })
  post!: Post;

  @ManyToOne(() => User, { primary: true })
  user!: User;
}

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

@ObjectType()
export class PostConnection {
  @Field(() => [Post])
  nodes!: Post[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}

@ObjectType()
export class PostPayload {
  @Field(() => Post)
  post!: Post;
}

@ObjectType()
export class SessionPayload {
  @Field(() => String)
  accessToken!: string;

  @Field(() => String)
  refreshToken!: string;

  @Field(() => String)
  tokenType!: string;

  @Field(() => User)
  user!: User;
}
