import * as documents from "./documents.js";
import type { Person, World } from "./person.js";
import type { OldToken, Session } from "./tokens.js";

/** Logs out on one process, and immediately tries the token on every process. */
export async function logOut(person: Person, world: World): Promise<void> {
  const session = person.session()!;
  const byRefreshToken = person.random.next() < 0.3;
  const { outcome } = await person.ask({
    name: "logout",
    query: documents.logout,
    // Logging out needs no access token, so it accepts an expired one.
    ...(byRefreshToken && { token: undefined, variables: { input: { refreshToken: session.refreshToken } } }),
    writes: true,
  });
  await haveEnded([session], outcome, person, world);
}

/** Signs in a second time and ends both sessions at once. */
export async function logOutEverywhere(person: Person, world: World): Promise<void> {
  const sessions = [person.session()!];
  const second = await person.signInAgain();
  if (second !== undefined) sessions.push(second);
  if (person.session()!.expiresAt < Date.now()) return;
  const call = { name: "logoutEverywhere", query: documents.logoutEverywhere, writes: true };
  const { outcome } = await person.ask(call);
  await haveEnded(sessions, outcome, person, world);
}

async function haveEnded(sessions: readonly Session[], outcome: string, person: Person, world: World): Promise<void> {
  if (outcome === "refused") return;
  person.leave();
  // If the answer was lost, it is unknown whether the session has ended.
  if (outcome === "unknown") return;
  for (const session of sessions) session.endedAt = performance.now();
  const everywhere = Array.from({ length: world.processes }, (_, process) => process);
  await Promise.all(
    sessions.flatMap((session) => everywhere.map((process) => tryOld({ ...session, session }, process, person, world))),
  );
  await tryRefresh(sessions[0]!, person, world);
}

/** Tries an old token on any process. */
export async function tryAnyOld(person: Person, world: World): Promise<void> {
  const old = world.oldTokens.pick(person.random);
  if (old !== undefined) await tryOld(old, person.random.below(world.processes), person, world);
}

async function tryOld(old: OldToken, process: number, person: Person, { traffic, findings }: World): Promise<void> {
  const { session, token, expiresAt } = old;
  const hasEnded = session.endedAt < Infinity;
  const about = { person: person.name, session: sessionIdOf(token), endedAt: findings.secondsAt(session.endedAt) };
  const call = { name: "me", query: documents.me, token, address: person.address, process, about };
  const reply = await traffic.call({ ...call, judged: ["UNAUTHENTICATED"] });
  const { code, data } = reply;
  const reason = reply.details["reason"];
  // On a process whose clock is behind, it has not expired yet.
  const isOver = hasEnded || reply.sentAtTime >= expiresAt;
  if (isOver && (data?.me != null || code === "ok"))
    findings.violation(hasEnded ? "an ended session was let in" : "an expired token was let in", { ...about, process });
  if (code !== "UNAUTHENTICATED") return;
  // By a clock that is behind, it hasn't expired, though it has by the harness's.
  const expected = reply.answeredAtTime < expiresAt ? ["SESSION_REVOKED"] : ["SESSION_REVOKED", "TOKEN_EXPIRED"];
  if (!expected.includes(String(reason)))
    findings.violation("a token was refused for another reason", { ...about, process, reason });
}

async function tryRefresh({ refreshToken, token }: Session, person: Person, { traffic, findings, processes }: World) {
  const process = person.random.below(processes);
  const about = { person: person.name, session: sessionIdOf(token) };
  const { code } = await traffic.call({
    name: "refreshSession",
    query: documents.refresh,
    variables: { input: { refreshToken } },
    address: person.address,
    writes: true,
    judged: ["INVALID_REFRESH_TOKEN"],
    process,
    about,
  });
  if (code === "ok") findings.violation("an ended session was refreshed", { ...about, process });
}

/** Returns the session id in a token's claims. */
function sessionIdOf(token: string): unknown {
  const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
  return claims["sid"] ?? claims["jti"];
}
