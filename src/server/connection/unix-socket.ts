import { once } from "node:events";
import { chmod, lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";

// A proxy in the group of the socket may connect, and nobody else.
const rights = 0o660;

/** Returns the path of a `HOST` that is a Unix socket; undefined for an address. */
export const unixSocketOf = (host: string): string | undefined =>
  host.startsWith("unix:") ? host.slice("unix:".length) : undefined;

/**
 * Listens on a Unix socket. A socket that a killed server has left behind is replaced; one on which somebody listens is
 * not.
 *
 * @throws the error of `listen`, such as `EADDRINUSE`.
 */
export async function listenOnUnixSocket(path: string, listen: () => Promise<unknown>): Promise<void> {
  // Not after a failure: a worker whose parent could not listen gets no second try.
  if (await isStale(path)) await unlink(path);
  await listen();
  await chmod(path, rights);
}

async function isStale(path: string): Promise<boolean> {
  // A file that is no socket refuses a connection too, and isn't ours to remove.
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return false;
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}
