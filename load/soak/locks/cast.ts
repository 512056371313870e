import { newId } from "../../../src/kit/id.js";
import { createPost } from "../../../src/features/post/post.service.js";
import { setVote } from "../../../src/features/post/vote.service.js";
import { openSession } from "../../../src/features/session/session.service.js";
import { createUser } from "../../../src/features/user/user.service.js";
import type { Stage } from "./stage.js";

/** A user with two sessions, three posts and votes, which change as the user acts. */
export type Person = {
  readonly id: string;
  readonly email: string;
  readonly address: string;
  readonly token: string;
  refreshToken: string;
  readonly otherSessionId: string;
  readonly postIds: readonly string[];
};

/** Two users who vote for each other's posts and for their own. */
export type Cast = readonly [Person, Person];

let made = 0;

/** Makes two users whose rows refer to each other's, with rows to prune and a post that is due. */
export async function makeCast(stage: Stage): Promise<Cast> {
  const cast = [await makePerson(stage), await makePerson(stage)] as const;
  for (const { id, address, token } of cast) {
    const context = await contextOf(stage, token, address);
    const viewer = context.auth.state === "viewer" ? context.auth.viewer : undefined;
    for (const postId of cast.flatMap(({ postIds }) => postIds.slice(0, 2)))
      await setVote(context.transaction, viewer!, postId, true, context.now);
    context.operation.end();
    await leaveBehind(stage, id, cast[0].postIds[2]!);
  }
  return cast;
}

/** Deletes two users, as far as they still exist. */
export const removeCast = (stage: Stage, cast: Cast): Promise<unknown> =>
  stage.transaction(async (em) => {
    for (const { id } of cast) await em.execute("delete from users where id = ?", [id]);
  });

const contextOf = ({ servers: [server] }: Stage, token: string, address: string) =>
  server.createContext({ authorization: [`Bearer ${token}`], userAgent: null, address });

async function makePerson({ servers: [server], passwordHash }: Stage): Promise<Person> {
  made += 1;
  const address = `10.${(made >> 16) & 255}.${(made >> 8) & 255}.${made & 255}`;
  const context = await server.createContext({ authorization: [], userAgent: null, address });
  const { transaction, client, settings, now } = context;
  const email = `${newId("user", now)}@example.com`;
  const [one, other] = await transaction(async (em) => {
    const user = await createUser(em, { email, name: "Somebody", passwordHash }, now);
    return [
      await openSession(em, user, client, settings.sessionRules, now),
      await openSession(em, user, client, settings.sessionRules, now),
    ];
  });
  const { viewer, accessToken: token, refreshToken } = one;
  const postIds: string[] = [];
  for (const title of ["One", "Two", "Three"]) {
    const { id } = await createPost(transaction, viewer, { title, content: "Words", published: true }, context);
    postIds.push(id);
  }
  context.operation.end();
  return { id: viewer.userId, email, address, token, refreshToken, otherSessionId: other.viewer.sessionId, postIds };
}

/** Adds sessions, used tokens and attempts of weeks ago, and a post that is due. */
async function leaveBehind({ transaction }: Stage, userId: string, postId: string): Promise<void> {
  await transaction(async (em) => {
    const old = 1_000_000;
    const ended = [1, 2, 3].map((number) => `session_${userId}_${number}`);
    for (const id of ended) {
      await em.execute(
        "insert into sessions (id, user_id, created_at, last_used_at, expires_at) values (?, ?, ?, ?, ?)",
        [id, userId, old, old, old],
      );
      await em.execute("insert into refresh_tokens (hash, session_id, used_at, kept_until) values (?, ?, ?, ?)", [
        `hash of ${id}`,
        id,
        old,
        old,
      ]);
      await em.execute("insert into attempts (key, failures, touched_at) values (?, 1, ?)", [`key of ${id}`, old]);
    }
    await em.execute("insert into scheduled_posts (post_id, due_at) values (?, ?) on conflict do nothing", [
      postId,
      old,
    ]);
  });
}
