// The shared part of the peers with better-sqlite3: one file, prepared statements, and the check of the bearer token.
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
// their own drafts and scheduled posts. The plus keeps a later page from starting the scan at the present.
const grounds = (following) =>
  [
    `p.published_at is not null and ${following === "" ? "" : "+"}p.listed_at <= @now`,
    "p.published_at is null and p.author_id = @viewer",
    "p.published_at is not null and p.author_id = @viewer and p.listed_at > @now",
  ]
    .map(
      (ground) => `select * from (select p.listed_at, p.id from posts p where ${ground} ${following}
        order by p.listed_at desc, p.id desc limit @take)`,
    )
    .join(" union all ");
const columns = `p.id, p.title, p.content, p.published_at, p.created_at, p.vote_count, p.listed_at,
  u.id, u.name, v.user_id is not null`;
const around = `cross join users u on u.id = p.author_id left join votes v on v.post_id = p.id and v.user_id = @viewer`;
const pageStatement = (following) =>
  db
    .prepare(
      `select ${columns} from (${grounds(following)} order by 1 desc, 2 desc limit @take) c
        cross join posts p on p.id = c.id ${around} order by c.listed_at desc, c.id desc`,
    )
    .raw();
const firstPage = pageStatement("");
const laterPage = pageStatement("and (p.listed_at, p.id) < (@key, @id)");
const onePost = db
  .prepare(
    `select ${columns} from posts p ${around} where p.id = @id
      and ((p.published_at is not null and p.listed_at <= @now) or p.author_id = @viewer)`,
  )
  .raw();

function postFrom(row, now) {
  return {
    id: row[0],
    title: row[1],
    content: row[2],
    published: row[3] !== null && row[3] <= now,
    createdAt: row[4],
    voteCount: row[5],
    listedAt: row[6],
    author: { id: row[7], name: row[8] },
    viewerHasVoted: row[9] === 1,
  };
}

/** Returns the page of posts that the viewer may see, latest first; after a cursor if there is one. */
export function pageOf(viewer, first, after) {
  const now = Date.now();
  const parameters = { now, viewer: viewer.id, take: first + 1 };
  let rows;
  if (after == null) rows = firstPage.all(parameters);
  else {
    const [, , , at, id] = JSON.parse(Buffer.from(after, "base64url").toString());
    rows = laterPage.all({ ...parameters, key: at, id });
  }
  const hasNextPage = rows.length > first;
  if (hasNextPage) rows.pop();
  return { nodes: rows.map((row) => postFrom(row, now)), hasNextPage };
}

export const cursorOf = ({ listedAt, id }) =>
  Buffer.from(JSON.stringify([1, "PUBLISHED_AT", "DESC", listedAt, id])).toString("base64url");

/** The post where the viewer may see it, else null. */
export function postOf(viewer, id) {
  const now = Date.now();
  const row = onePost.get({ id, now, viewer: viewer.id });
  return row === undefined ? null : postFrom(row, now);
}

const ulid = monotonicFactory();
const insertPost = db.prepare(
  `insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version)
    values (@id, @author, @title, @titleKey, @content, @now, @now, @now, @now, 1)`,
);

/** Stores a published post. */
export function createPost(viewer, { title, content }) {
  const now = Date.now();
  const id = `post_${ulid(now)}`;
  const titleKey = title.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  insertPost.run({ id, author: viewer.id, title: title.trim(), titleKey, content, now });
  return { id, title, content, published: true, createdAt: now, voteCount: 0, author: viewer, viewerHasVoted: false };
}

const userByEmail = db.prepare("select id, name, password_hash from users where email_key = ?");
const insertSession = db.prepare(
  `insert into sessions (id, user_id, created_at, last_used_at, expires_at, user_agent)
    values (@id, @user, @now, @now, @end, @agent)`,
);
const insertRefreshToken = db.prepare("insert into refresh_tokens (hash, session_id) values (?, ?)");
const openSession = db.transaction((session, refreshToken) => {
  insertSession.run(session);
  insertRefreshToken.run(createHash("sha256").update(refreshToken).digest("base64url"), session.id);
});

/** Opens a session for whoever has the password. */
export async function logIn({ email, password }, agent) {
  const user = userByEmail.get(email.trim().normalize("NFC").toLowerCase());
  if (user === undefined || !(await verify(user.password_hash, password))) throw new Error("Wrong email or password");
  const now = Date.now();
  const id = `session_${ulid(now)}`;
  const refreshToken = randomBytes(32).toString("base64url");
  openSession({ id, user: user.id, now, end: now + 30 * 24 * 60 * 60 * 1000, agent }, refreshToken);
  const accessToken = jwt.sign({ sid: id }, key, {
    algorithm: "HS256",
    expiresIn: "30m",
    subject: user.id,
    jwtid: randomUUID(),
    ...claims,
  });
  return { accessToken, refreshToken, tokenType: "Bearer", user };
}
