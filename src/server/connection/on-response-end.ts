import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Runs something once, when an answer has been sent or will never be. A response that waits behind another of its
 * connection (HTTP pipelining) is told nothing when the connection closes, so the connection is listened to as well.
 */
export function onResponseEnd(
  { raw: { socket } }: FastifyRequest,
  { raw: response }: FastifyReply,
  run: () => void,
): void {
  let isOver = false;
  const over = () => {
    // Taken off in the middle of the event, a listener is called all the same.
    if (isOver) return;
    isOver = true;
    response.off("close", over);
    socket.off("close", over);
    run();
  };
  response.on("close", over);
  socket.on("close", over);
}
