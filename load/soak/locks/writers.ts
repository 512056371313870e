import { deleteUser, resetPassword, setDisabled } from "../../../src/features/account/administration.service.js";
import { systemClock } from "../../../src/foundation/clock.js";
import { rebuildSearch } from "../../../src/features/post/search/search-index.js";
import { pruneAll } from "../../../src/features/session/prune-sessions.js";
import { endSessions } from "../../../src/features/session/session.service.js";
import { requireUser } from "../../../src/features/user/user.service.js";
import type { Person } from "./cast.js";
import { codeOf, codeOfWork, password, type Stage } from "./stage.js";

/** A writer, and another person whose rows the writer's rows refer to. `turn` counts the writer's actions. */
export type Scene = { readonly stage: Stage; readonly self: Person; readonly other: Person; readonly turn: number };

/** Writes something, and returns `ok` or the code of the error. */
export type Writer = (scene: Scene) => Promise<string>;

const mutation = (field: string, inputOf: (scene: Scene) => object): Writer => {
  const type = field === "unvotePost" ? "VotePostInput" : `${field[0]!.toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`;
  return async (scene) => {
    const { stage, self, turn } = scene;
    return (await codeOf(stage.servers[turn % 2]!, query, { input: inputOf(scene) }, self)).code;
  };
};

const administration =
  (work: (stage: Stage, userId: string) => Promise<unknown>): Writer =>
  ({ stage, self }) =>
    codeOfWork(() => work(stage, self.id));

const post = ({ self, turn }: Scene) => self.postIds[turn % self.postIds.length]!;
const anyPost = ({ self, other, turn }: Scene) => [...other.postIds, ...self.postIds][turn % 6]!;
const acting = ({ transaction }: Stage) => ({
  transaction,
  now: systemClock(),
  passwordCost: { memoryCost: 8, timeCost: 1, parallelism: 1 },
});

/** All writers of rows that others may write at the same time. */
export const writers: Readonly<Record<string, Writer>> = {
  register: mutation("register", ({ self, turn }) => ({ email: `${turn}.${self.email}`, name: "Somebody", password })),
  "register the same": mutation("register", ({ self }) => ({ email: `new.${self.email}`, name: "Somebody", password })),
  login: mutation("login", ({ self }) => ({ email: self.email, password })),
  "wrong login": mutation("login", ({ self }) => ({ email: self.email, password: "a wrong password" })),
  async refreshSession({ stage, self, turn }) {
    const query = "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { refreshToken } }";
    const input = { refreshToken: self.refreshToken };
    const { code, data } = await codeOf(stage.servers[turn % 2]!, query, { input }, { address: self.address });
    if (code === "ok") self.refreshToken = data.refreshSession.refreshToken;
    return code;
  },
  async logout({ stage, self, turn }) {
    const query = "mutation { logout { endedSessions } }";
    return (await codeOf(stage.servers[turn % 2]!, query, {}, self)).code;
  },
  "logout by refresh token": mutation("logout", ({ self }) => ({ refreshToken: self.refreshToken })),
  async logoutEverywhere({ stage, self, turn }) {
    const query = "mutation { logoutEverywhere { endedSessions } }";
    return (await codeOf(stage.servers[turn % 2]!, query, {}, self)).code;
  },
  revokeSession: mutation("revokeSession", ({ self }) => ({ sessionId: self.otherSessionId })),
  changePassword: mutation("changePassword", () => ({ currentPassword: password, newPassword: password })),
  deleteAccount: mutation("deleteAccount", () => ({ currentPassword: password })),
  votePost: mutation("votePost", (scene) => ({ postId: anyPost(scene) })),
  unvotePost: mutation("unvotePost", (scene) => ({ postId: anyPost(scene) })),
  createPost: mutation("createPost", () => ({ title: "Another", content: "Words", published: true })),
  updatePost: mutation("updatePost", (scene) => ({ id: post(scene), content: `Words ${scene.turn} ${Math.random()}` })),
  deletePost: mutation("deletePost", (scene) => ({ id: post(scene) })),
  "users disable": administration((stage, userId) => setDisabled(acting(stage), userId, true)),
  "users enable": administration((stage, userId) => setDisabled(acting(stage), userId, false)),
  "users delete": administration((stage, userId) => deleteUser(acting(stage), userId)),
  "users reset-password": administration((stage, userId) => resetPassword(acting(stage), userId, password)),
  "sessions end": administration((stage, userId) =>
    stage.transaction(async (em) => {
      await requireUser(em, userId);
      await endSessions(em, userId, "all", systemClock());
    }),
  ),
  "sessions prune": administration(({ transaction }) => pruneAll(transaction, systemClock())),
  "search rebuild": administration(({ transaction }) => rebuildSearch(transaction)),
  "event log": administration(({ servers: [{ database }], transaction }) =>
    transaction(async (em, dialect) => {
      const { takeDue, number, deleteBefore } = database.engine.eventLog;
      const now = systemClock();
      for (const statement of [...takeDue(now), deleteBefore(new Date(now.getTime() - 1000), 100), ...number]) {
        const { text, values } = statement.in(dialect);
        const rows: unknown = await em.execute(text, [...values]);
        if (Array.isArray(rows) && (rows as { goes_on?: boolean }[])[0]?.goes_on === false) return;
      }
    }),
  ),
};
