import type { FastifyInstance } from "fastify";

import { healthPath, readinessPath } from "../connection/paths.js";
import type { Unready } from "./readiness.js";

/**
 * Adds the routes for probes: whether the process answers at all, and whether it should be sent requests. Neither needs a
 * credential.
 */
export function routeHealth(http: FastifyInstance, findUnready: () => Promise<Unready | undefined>): void {
  http.get(healthPath, { exposeHeadRoute: true }, async () => ({ status: "ok" }));
  http.get(readinessPath, { exposeHeadRoute: true }, async (_request, reply) => {
    const unready = await findUnready();
    if (unready === undefined) return { status: "ready" };
    return reply.code(503).send({ status: "not ready", ...unready });
  });
}
