// The database of the server by hand: prepared statements of better-sqlite3 on Postern's tables.
import { createHash, createSecretKey, randomBytes, randomUUID } from "node:crypto";

import { verify } from "@node-rs/argon2";
import Database from "better-sqlite3";
import jwt from "jsonwebtoken";
import { monotonicFactory } from "ulid";

const db = new Database(process.env.DATABASE_URL.slice("sqlite:".length));
for (const pragma of ["journal_mode = wal", "synchronous = full", "foreign_keys = on", "busy_timeout = 10000"])
  db.pragma(pragma);

// A KeyObject is made once; given the text, jsonwebtoken would make one for every token.
const key = createSecretKey(Buffer.from(process.env.JWT_SECRET, "utf8"));
const claims = { issuer: "postern", audience: "postern" };
const rules = { algorithms: ["HS256"], ...claims };
const sessionOf = db.prepare(
  `select u.id, u.name from sessions s join users u on u.id = s.user_id
    where s.id = ? and s.user_id = ? and s.ended_at is null and s.expires_at > ?`,
);

/** Returns the user who sends this Authorization header; undefined if there is none. */
export function viewerOf(authorization) {
  if (authorization === undefined || !authorization.startsWith("Bearer ")) return undefined;
  try {
    const { sub, sid } = jwt.verify(authorization.slice(7), key, rules);
    return sessionOf.get(sid, sub, Date.now());
  } catch {
    return undefined;
  }
}

// A branch for each reason to see a post, so that each scans an index: everybody sees published posts, authors also
// their own drafts and scheduled posts.
const visible = [
  "p.published_at is not null and p.listed_at <= @now",
  "p.published_at is null and p.author_id = @viewer",
  "p.published_at is not null and p.author_id = @viewer and p.listed_at > @now",
].map(
  (condition) => `select * from (select p.listed_at, p.id from posts p where ${condition}
    order by p.listed_at desc, p.id desc limit @first)`,
);
const columns = "p.id, p.title, p.content, p.published_at, p.created_at, u.id, u.name";
const onePage = db
  .prepare(
    `select ${columns} from (${visible.join(" union all ")} order by 1 desc, 2 desc limit @first) c
      cross join posts p on p.id = c.id cross join users u on u.id = p.author_id order by c.listed_at desc, c.id desc`,
  )
  .raw();
const onePost = db
  .prepare(
    `select ${columns} from posts p cross join users u on u.id = p.author_id where p.id = @id
      and ((p.published_at is not null and p.listed_at <= @now) or p.author_id = @viewer)`,
  )
  .raw();

const postFrom = ([id, title, content, publishedAt, createdAt, authorId, name], now) => ({
  id,
  title,
  content,
  published: publishedAt !== null && publishedAt <= now,
  createdAt,
  author: { id: authorId, name },
});

/** Returns the page of posts that the viewer may see, latest first. */
export function pageOf(viewer, first) {
  if (first < 0 || first > 100) throw new Error("first must be from 0 to 100");
  const now = Date.now();
  return onePage.all({ now, viewer: viewer.id, first }).map((row) => postFrom(row, now));
}

/** Returns the post if the viewer may see it, else null. */
export function postOf(viewer, id) {
  const now = Date.now();
  const row = onePost.get({ id, now, viewer: viewer.id });
  return row === undefined ? null : postFrom(row, now);
}

const ulid = monotonicFactory();
const hour = 60 * 60 * 1000;
const postsPerHour = Number(process.env.POSTS_PER_HOUR);
const userById = db.prepare("select 1 from users where id = ?");
const lastCreations = db.prepare(
  `select number, (select created_at from post_creations e where e.author_id = @author and e.number = n.number - @most + 1)
      as earlier from post_creations n where author_id = @author order by number desc limit 1`,
);
const insertCreation = db.prepare("insert into post_creations (author_id, number, created_at) values (?, ?, ?)");
const deleteOldCreations = db.prepare(
  `delete from post_creations where author_id = @author and created_at <= @old
    and number in (select number from post_creations where author_id = @author order by number limit 2)`,
);
// The triggers that fill the event log need the instant.
const setInstant = db.prepare("update operation_instant set at = ?");
const insertPost = db.prepare(
  `insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version)
    values (@id, @author, @title, @titleKey, @content, @now, @now, @now, @now, 1)`,
);
const storePost = db.transaction((post) => {
  const { author, now } = post;
  if (userById.get(author) === undefined) throw new Error("The user was deleted");
  const { number = 0, earlier = null } = lastCreations.get({ author, most: postsPerHour }) ?? {};
  if (earlier !== null && earlier > now - hour) throw new Error("Too many posts in the last hour");
  setInstant.run(now);
  insertCreation.run(author, number + 1, now);
  deleteOldCreations.run({ author, old: now - hour });
  insertPost.run(post);
  setInstant.run(null);
});

/** Stores a published post. */
export function createPost(viewer, { title: given, content }) {
  const title = given.trim();
  if (title === "" || title.length > 200) throw new Error("title must have 1 to 200 characters");
  if (content === "" || content.length > 100_000) throw new Error("content must have 1 to 100,000 characters");
  if (/[\0\p{Surrogate}]/u.test(title + content)) throw new Error("The text has characters that cannot be stored");
  const now = Date.now();
  const id = `post_${ulid(now)}`;
  const titleKey = title.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  storePost.immediate({ id, author: viewer.id, title, titleKey, content, now });
  return { id, title, content, published: true, createdAt: now, author: viewer };
}

const userByEmail = db.prepare("select id, name, password_hash from users where email_key = ?");
const waitingUntil = db.prepare("select max(waits_until) as at from attempts where key in (?, ?, ?)").pluck();
const recordFailure = db.prepare(
  `insert into attempts (key, failures, touched_at) values (@key, 1, @now) on conflict do update set failures = failures + 1,
    touched_at = @now, waits_until = case when failures >= 10 then @now + 30000 end`,
);
const recordSuccess = db.prepare(
  `insert into attempts (key, failures, succeeded_at, touched_at) values (@key, 0, @now, @now)
    on conflict do update set failures = 0, waits_until = null, succeeded_at = @now, touched_at = @now`,
);
const deleteAttempts = db.prepare("delete from attempts where key = ?");
const insertSession = db.prepare(
  `insert into sessions (id, user_id, created_at, last_used_at, expires_at, user_agent)
    values (@id, @user, @now, @now, @end, @agent)`,
);
const endSurplusSessions = db.prepare(
  `update sessions set ended_at = @now, expires_at = @now where id in (
    select id from sessions where user_id = @user and ended_at is null and expires_at > @now
      order by last_used_at desc, id desc limit -1 offset 99)`,
);
const insertRefreshToken = db.prepare("insert into refresh_tokens (hash, session_id) values (?, ?)");
const hashOf = (text) => createHash("sha256").update(text).digest("base64url");
const openSession = db.transaction((session, refreshToken, [pair, account]) => {
  endSurplusSessions.run({ user: session.user, now: session.now });
  insertSession.run(session);
  insertRefreshToken.run(hashOf(refreshToken), session.id);
  recordSuccess.run({ key: pair, now: session.now });
  deleteAttempts.run(account);
});

/** Opens a session for whoever has the password, unless the account or the address has to wait. */
export async function logIn({ email, password }, { agent, address }) {
  const emailKey = email.trim().normalize("NFC").toLowerCase();
  const keys = [`pair ${emailKey} ${address}`, `account ${emailKey}`, `address ${address}`].map(hashOf);
  const now = Date.now();
  if (waitingUntil.get(...keys) > now) throw new Error("Too many attempts");
  const user = userByEmail.get(emailKey);
  if (user === undefined || !(await verify(user.password_hash, password))) {
    for (const failed of keys) recordFailure.run({ key: failed, now });
    throw new Error("Wrong email or password");
  }
  const id = `session_${ulid(now)}`;
  const refreshToken = randomBytes(32).toString("base64url");
  openSession.immediate({ id, user: user.id, now, end: now + 30 * 24 * hour, agent }, refreshToken, keys);
  const options = { algorithm: "HS256", expiresIn: "30m", subject: user.id, jwtid: randomUUID(), ...claims };
  return { accessToken: jwt.sign({ sid: id }, key, options), refreshToken, tokenType: "Bearer", user };
}
