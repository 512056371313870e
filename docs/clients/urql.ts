import { Client } from "@urql/core";
import { createSession, type SessionOptions } from "postern/client";
import { sessionOptions } from "postern/client/urql";

export function createClient(options: SessionOptions) {
  const session = createSession(options);
  return { session, client: new Client(sessionOptions(session)) };
}
