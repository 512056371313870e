import { deleteUser, resetPassword, setDisabled } from "../../../src/features/account/administration.service.js";
import { systemClock } from "../../../src/foundation/clock.js";
import { scheduledPosts } from "../../../src/features/post/event/scheduled-posts.js";
import { rebuildSearch } from "../../../src/features/post/search/search-index.js";
import { pruneAll } from "../../../src/features/session/prune-sessions.js";
import { endSessions } from "../../../src/features/session/session.service.js";
import { requireUser } from "../../../src/features/user/user.service.js";
import { classifyDatabaseError } from "../../../src/database/database-error.js";
import { KnownError } from "../../../src/foundation/errors.js";
import { send } from "../../client.js";
import { documents } from "../../documents.js";
import { cheapest } from "../server-in-process.js";
import type { Person, Stage } from "./stage.js";

/** A writer, and another person whose rows the writer's rows refer to. `turn` counts the writer's actions. */
export type Scene = { readonly stage: Stage; readonly self: Person; readonly other: Person; readonly turn: number };

/** Writes something, and returns `ok` or the code of the error. */
export type Writer = (scene: Scene) => Promise<string>;

const sendTo = ({ stage, self, turn }: Scene, query: string, variables: object, token?: string) =>
  send({ url: stage.urls[turn % 2]!, address: self.address, token, query, variables });

const mutation = (field: string, inputOf?: (scene: Scene) => object): Writer => {
  const type = field === "unvotePost" ? "VotePostInput" : `${field[0]!.toUpperCase()}${field.slice(1)}Input`;
  const query = inputOf
    ? `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`
    : `mutation { ${field} { __typename } }`;
  return async (scene) => (await sendTo(scene, query, { input: inputOf?.(scene) }, scene.self.token)).code;
};

/** A writer of the command line. */
const administration =
  (work: (stage: Stage, self: Person) => Promise<unknown>): Writer =>
  async ({ stage, self }) => {
    try {
      await work(stage, self);
      return "ok";
    } catch (error) {
      if (error instanceof KnownError) return error.code;
      return `${classifyDatabaseError(error) ?? "error"}: ${(error as Error).message}`;
    }
  };

const post = ({ self, turn }: Scene) => self.postIds[turn % self.postIds.length]!;
const anyPost = ({ self, other, turn }: Scene) => [...other.postIds, ...self.postIds][turn % 6]!;
const accountOf = ({ self: { email, password } }: Scene) => ({ email, password });
const passwordsOf = ({ self: { password } }: Scene) => ({ currentPassword: password, newPassword: password });
const newAccountOf = ({ email, password }: Person) => ({ email: `new.${email}`, password, name: "Somebody" });
const acting = ({ transaction }: Stage) => ({ transaction, now: systemClock(), passwordCost: cheapest });

/** All writers of rows that others may write at the same time. */
export const writers: Readonly<Record<string, Writer>> = {
  register: mutation("register", ({ self, turn }) => ({ ...newAccountOf(self), email: `${turn}.${self.email}` })),
  "register the same": mutation("register", ({ self }) => newAccountOf(self)),
  login: mutation("login", accountOf),
  "wrong login": mutation("login", (scene) => ({ ...accountOf(scene), password: "a wrong password" })),
  async refreshSession(scene) {
    const { self } = scene;
    const { code, data } = await sendTo(scene, documents.refresh, { input: { refreshToken: self.refreshToken } });
    if (code === "ok") self.refreshToken = data.refreshSession.refreshToken;
    return code;
  },
  logout: mutation("logout"),
  "logout by refresh token": mutation("logout", ({ self }) => ({ refreshToken: self.refreshToken })),
  logoutEverywhere: mutation("logoutEverywhere"),
  revokeSession: mutation("revokeSession", ({ self }) => ({ sessionId: self.otherSessionId })),
  changePassword: mutation("changePassword", passwordsOf),
  deleteAccount: mutation("deleteAccount", ({ self }) => ({ currentPassword: self.password })),
  votePost: mutation("votePost", (scene) => ({ postId: anyPost(scene) })),
  unvotePost: mutation("unvotePost", (scene) => ({ postId: anyPost(scene) })),
  createPost: mutation("createPost", () => ({ title: "Another", content: "Words", published: true })),
  updatePost: mutation("updatePost", (scene) => ({ id: post(scene), content: `Words ${scene.turn} ${Math.random()}` })),
  deletePost: mutation("deletePost", (scene) => ({ id: post(scene) })),
  "users disable": administration((stage, { id }) => setDisabled(acting(stage), id, true)),
  "users enable": administration((stage, { id }) => setDisabled(acting(stage), id, false)),
  "users delete": administration((stage, { id }) => deleteUser(acting(stage), id)),
  "users reset-password": administration((stage, { id, password }) => resetPassword(acting(stage), id, password)),
  "sessions end": administration((stage, { id }) =>
    stage.transaction(async (em) => {
      await requireUser(em, id);
      await endSessions(em, id, "all", systemClock());
    }),
  ),
  "sessions prune": administration(({ transaction }) => pruneAll(transaction, systemClock())),
  "search rebuild": administration(({ transaction }) => rebuildSearch(transaction)),
  "event log": administration(({ eventLog, transaction }) =>
    transaction(async (em, dialect) => {
      const { number, deleteBefore } = eventLog;
      const now = systemClock();
      for (const statement of [
        ...scheduledPosts.record(now, dialect),
        deleteBefore(new Date(now.getTime() - 1000), 100),
        ...number,
      ]) {
        const { text, values } = statement.in(dialect);
        const rows: unknown = await em.execute(text, [...values]);
        if (Array.isArray(rows) && (rows as { goes_on?: boolean }[])[0]?.goes_on === false) return;
      }
    }),
  ),
};
