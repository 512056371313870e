// The parts that Postern is made of, put together as tutorials have it: entities that are types, one find a list, the
// server that comes with Apollo Server. It has the versions of this checkout.
import "reflect-metadata";

import { createSecretKey } from "node:crypto";

import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { defineConfig, MikroORM } from "@mikro-orm/sqlite";
import jwt from "jsonwebtoken";
import { buildSchema } from "type-graphql";

import { Post, RefreshToken, Session, User, Vote } from "./entities.js";
import { PostResolver, type Context } from "./resolvers.js";

const orm = await MikroORM.init(
  defineConfig({
    dbName: process.env["DATABASE_URL"]!.slice("sqlite:".length),
    entities: [User, Session, RefreshToken, Post, Vote],
    // Joined, SQLite would begin with the authors and sort every post there is.
    loadStrategy: "select-in",
  }),
);
// A text in its place, as tutorials have it, would cost thirty times as much for each token.
const key = createSecretKey(Buffer.from(process.env["JWT_SECRET"]!, "utf8"));
const rules = { algorithms: ["HS256" as const], issuer: "postern", audience: "postern" };

async function viewerOf(em: Context["em"], authorization: string | undefined): Promise<User | undefined> {
  if (authorization === undefined) return undefined;
  try {
    const { sub, sid } = jwt.verify(authorization.replace("Bearer ", ""), key, rules) as jwt.JwtPayload;
    const live = { id: sid as string, user: sub!, endedAt: null, expiresAt: { $gt: new Date() } };
    return (await em.findOne(Session, live, { populate: ["user"], strategy: "joined" }))?.user;
  } catch {
    return undefined;
  }
}

const apollo = new ApolloServer<Context>({
  schema: await buildSchema({ resolvers: [PostResolver], validate: false }),
});
const { url } = await startStandaloneServer(apollo, {
  listen: { port: 0, host: "127.0.0.1" },
  async context({ req }) {
    const em = orm.em.fork();
    return { em, key, viewer: await viewerOf(em, req.headers.authorization) };
  },
});
console.log(JSON.stringify({ graphql: url }));
