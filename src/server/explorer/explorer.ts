import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { demonstrationAccount, hasDemonstration } from "../../features/account/demo-account.js";
import { unauthenticated } from "../../kit/auth.js";
import { KnownError } from "../../foundation/errors.js";
import type { ContextFactory } from "../../graphql/create-context.js";
import type { OperationContext } from "../../graphql/operation-context.js";
import { grantShortToken } from "../../features/session/session.service.js";
import { callerOf } from "../endpoint/caller.js";
import { answerError } from "../connection/error-response.js";
import { explorerFiles, sendFile } from "./explorer-files.js";
import { challenge } from "../endpoint/http-of.js";

/** The explorer may run its own files, call this server and show Apollo Sandbox's frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // The editor's marks are images within its own styles.
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src https://sandbox.embed.apollographql.com",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A file whose name has a hash never changes. */
const forEver = "public, max-age=31536000, immutable";

/** Serves the explorer at `/`. */
export function routeExplorer(
  http: FastifyInstance,
  createContext: ContextFactory["createContext"],
  /** In production, the demonstration is not offered and no token is shortened. */
  isProduction: boolean,
): void {
  http.get("/", { exposeHeadRoute: true }, async (request, reply) => {
    const page = explorerFiles().get("index.html");
    if (page === undefined)
      return answerError(
        reply,
        new KnownError("SERVICE_UNAVAILABLE", "The explorer isn't built: node scripts/prepare.mjs --build"),
      );
    reply.header("content-security-policy", policy);
    // Sandbox opens a window to sign in to Apollo, which must be able to return.
    reply.header("cross-origin-opener-policy", "same-origin-allow-popups");
    return sendFile(page, "no-cache", request, reply);
  });
  http.get<{ Params: { name: string } }>("/explorer/:name", { exposeHeadRoute: true }, async (request, reply) => {
    const file = explorerFiles().get(request.params.name);
    if (file === undefined || request.params.name === "index.html") return reply.callNotFound();
    return sendFile(file, forEver, request, reply);
  });

  const asked = async <Result>(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: (context: OperationContext) => Result,
  ): Promise<Awaited<Result>> => {
    reply.header("cache-control", "private, no-store");
    const context = await createContext(callerOf(request));
    request.credential = context.auth;
    try {
      return await answer(context);
    } finally {
      context.operation.end();
    }
  };

  // The offers of the page on this server.
  http.get("/explorer/offers", (request, reply) =>
    asked(request, reply, async ({ reader }) => ({
      canExpire: !isProduction,
      demonstration: !isProduction && (await hasDemonstration(reader)) ? demonstrationAccount : null,
    })),
  );
  if (isProduction) return;
  http.post("/explorer/expire", (request, reply) =>
    asked(request, reply, ({ auth, now, settings }) => {
      if (auth.state !== "viewer") {
        const refusal = unauthenticated(auth, now);
        reply.header("www-authenticate", challenge(auth, String(refusal.details["reason"])));
        throw refusal;
      }
      return { ...grantShortToken(auth, settings.sessionRules, now), serverTime: now };
    }),
  );
}
