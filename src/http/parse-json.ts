import type { FastifyInstance } from "fastify";

/** What reads a body as JSON, refusing keys by which JavaScript's objects would become something else. */
export function jsonParserOf(http: FastifyInstance): (text: string) => unknown {
  const parse = http.getDefaultJsonParser("error", "error");
  return (text) => {
    let parsed: unknown;
    // It calls back at once.
    void parse(undefined as never, text, (error, body) => {
      if (error !== null) throw error;
      parsed = body;
    });
    return parsed;
  };
}
