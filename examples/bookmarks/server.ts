import { createServer } from "postern";

import { bookmarks } from "./bookmark.feature.js";

const server = await createServer(bookmarks);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.stop());
console.log(server.url);
