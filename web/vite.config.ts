import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vitest/config";
import { budget, preloaded } from "./scripts/bundle.ts";
import { help } from "./scripts/help.ts";

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
  plugins: [
    react(),
    localConfiguration(),
    help(here("..")),
    preloaded(here("./src/start.tsx")),
    budget("the Estimate page", ["main.ts", "start.tsx", "estimate/EstimatePage.tsx"].map((name) => here(`./src/${name}`)), 130),
  ],
  // Inlined assets would be data: addresses, which the Content-Security-Policy does not allow for fonts.
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    // Few files, since each one more is a round trip on slow lines: what asks early, the app, what pages share, each page.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "early", tags: ["$initial"] },
            { name: "app", test: /src\/start\.tsx$/ },
            { name: "shared", test: /\/web\/src\/(?!tables\/)/, minShareCount: 2 },
            // What Batch and Runs share of reading files, which Estimate does without.
            { name: "tables", test: /\/web\/src\/tables\/|\/generated\/tables\.json$/ },
          ],
        },
      },
    },
  },
  resolve: {
    alias: [
      { find: /^@\//, replacement: here("./src/") },
      // The tests live beside the other tests, outside of this folder, where no node_modules would be found.
      { find: /^vitest$/, replacement: here("./node_modules/vitest") },
    ],
  },
  test: { dir: here("../tests/web"), include: ["**/*.test.ts"] },
});
