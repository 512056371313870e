import { defineConfig } from "vite";

// The page and the server have one origin, so no other has to be let in, and sockets go the same way.
const proxy = { "/graphql": { target: process.env["POSTERN_URL"] ?? "http://127.0.0.1:4000", ws: true } };

export default defineConfig({
  server: { proxy },
  preview: { proxy },
  // In this checkout the package's sources, as tsconfig.json has it.
  resolve: { tsconfigPaths: true },
});
