import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

import { defineConfig, type Plugin } from "vite";

/** Writes each file in the encodings that browsers take, so that the server has nothing to compress. */
const precompressed: Plugin = {
  name: "precompressed",
  generateBundle: {
    order: "post",
    async handler(_options, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        const source = file.type === "chunk" ? file.code : file.source;
        const br = await promisify(brotliCompress)(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
        const gz = await promisify(gzip)(source, { level: 9 });
        this.emitFile({ type: "asset", fileName: `${name}.br`, source: br });
        this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gz });
      }
    },
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: "/explorer/",
  logLevel: "warn",
  build: {
    outDir: "../dist/explorer",
    emptyOutDir: true,
    assetsDir: "",
    // A file within a file would be refused by the page's policy.
    assetsInlineLimit: 0,
    // What it would say of a large file, and of a machine that is busy, is no news to whoever starts the server.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { checks: { bundlerTimings: false } },
    modulePreload: { polyfill: false },
  },
  plugins: [precompressed],
});
