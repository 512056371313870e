import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Runs a function once, when a response was sent or never will be. A response that waits behind another on its connection
 * (HTTP pipelining) gets no event when the connection closes, so the connection is watched as well.
 */
export function onResponseEnd(
  { raw: { socket } }: FastifyRequest,
  { raw: response }: FastifyReply,
  run: () => void,
): void {
  let isOver = false;
  const over = () => {
    // A listener that is removed while the event is emitted is called all the same.
    if (isOver) return;
    isOver = true;
    response.off("close", over);
    socket.off("close", over);
    run();
  };
  response.on("close", over);
  socket.on("close", over);
}
