import { overSocket, overStream, type Connection, type End } from "./connection.js";
import { after, cursorIn, type Request } from "./operations.js";
import type { Session } from "./session.js";

/** A line in the log of a subscription. */
export type Line =
  | { readonly kind: "event"; readonly result: unknown }
  | { readonly kind: "open" | "note" | "closed"; readonly text: string };

export type Transport = "socket" | "stream";

const longestWaitSeconds = 30;

/**
 * Keeps a subscription going when its token expires or its connection breaks, from the cursor of the last event on.
 *
 * @returns a function that stops it.
 */
export function follow(parts: {
  readonly url: string;
  readonly session: Session;
  readonly request: Request;
  readonly transport: Transport;
  readonly later: (milliseconds: number, run: () => void) => () => void;
  readonly tell: (line: Line) => void;
  /** Called once nothing more will come. */
  readonly over: () => void;
}): () => void {
  const { url, session, request, transport, later, tell, over } = parts;
  const connect = transport === "socket" ? overSocket : overStream;
  let connection: Connection | undefined;
  let cursor: string | undefined;
  let held: { readonly token: string; readonly expiresAt: number } | undefined;
  let isStopped = false;
  let failures = 0;
  let wake: (() => void) | undefined;

  const stopListening = session.onChange(() => {
    const current = session.current();
    if (current === undefined || current.accessToken === held?.token) return;
    wake?.();
    if (connection === undefined || held === undefined) return;
    // A connection can be extended but not shortened: a token that expires sooner needs a new connection.
    if (current.expiresAt < held.expiresAt) connection.close();
    else if (connection.renew(current.accessToken)) held = { token: current.accessToken, expiresAt: current.expiresAt };
  });

  const begin = async (): Promise<End> => {
    const current = session.current();
    held = current && { token: current.accessToken, expiresAt: current.expiresAt };
    connection = connect({
      url,
      token: held?.token,
      request: cursor === undefined ? request : after(request, cursor),
      opened() {
        failures = 0;
        tell({
          kind: "open",
          text: cursor === undefined ? `open (${transport})` : `open again, after the last cursor`,
        });
      },
      next(result) {
        cursor = cursorIn(result) ?? cursor;
        tell({ kind: "event", result });
      },
      renewed: (expiresAt) => tell({ kind: "note", text: `renewed: open until ${expiresAt}` }),
    });
    return connection.ended;
  };
  /** Waits until another connection is likely to succeed. @returns false if none would. */
  const comeBack = async ({ code, reason }: End): Promise<boolean> => {
    const token = held?.token;
    session.noteRefusal({ reason }, token);
    if (session.current() === undefined && held !== undefined) return false;
    if (session.current()?.accessToken !== token) return true;
    if (reason === "TOKEN_EXPIRED" && !session.renewsByItself) {
      tell({ kind: "note", text: "waits for a renewed token" });
      await new Promise<void>((resolve) => (wake = resolve));
      return session.current() !== undefined;
    }
    if (reason === "TOKEN_EXPIRED") {
      // If the network is down, try again after a while.
      const isRenewed = await session.renew(token).catch(() => false);
      if (isRenewed || session.current() === undefined) return isRenewed;
    }
    // The server would reject the credential or the operation again.
    if (code !== undefined && (code >= 4000 || (code >= 400 && code < 500))) return false;
    const seconds = Math.min(2 ** failures++, longestWaitSeconds);
    await new Promise<void>((resolve) => later(seconds * 1000, (wake = resolve)));
    return true;
  };
  const run = async () => {
    for (;;) {
      const end = await begin();
      connection = undefined;
      if (isStopped) return;
      const isReplaced = end.isComplete && session.current()?.accessToken !== held?.token;
      const place = end.code === undefined ? "" : `${end.code} `;
      if (isReplaced) tell({ kind: "note", text: "closed here, to open with the new token" });
      else tell({ kind: "closed", text: `closed: ${place}${end.reason}` });
      if (!isReplaced && (end.isComplete || !(await comeBack(end)))) return;
      if (isStopped) return;
    }
  };
  void run()
    .catch((error: unknown) => tell({ kind: "closed", text: String(error) }))
    .finally(() => {
      stopListening();
      over();
    });
  return () => {
    isStopped = true;
    wake?.();
    connection?.close();
  };
}
