import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `npm run dev` talks to the running local stack: it serves the configuration that `make up` wrote. */
function localConfiguration(): Plugin {
  return {
    name: "local-configuration",
    configureServer(server) {
      server.middlewares.use("/config.json", (_request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(readFileSync(here("../build/local/web-config.json")));
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), localConfiguration()],
  // Inlined assets would be data: addresses, which the Content-Security-Policy does not allow for fonts.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2023" },
  resolve: {
    alias: [
      { find: /^@\//, replacement: here("./src/") },
      // The tests live beside the other tests, outside of this folder, where no node_modules would be found.
      { find: /^vitest$/, replacement: here("./node_modules/vitest") },
    ],
  },
  test: { dir: here("../tests/web"), include: ["**/*.test.ts"] },
});
