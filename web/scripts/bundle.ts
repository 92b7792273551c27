import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

const isChunk = (file: Rollup.OutputAsset | Rollup.OutputChunk): file is Rollup.OutputChunk => file.type === "chunk";

/** The chunk that holds a module, with all that it needs at once. */
function withImports(bundle: Rollup.OutputBundle, module: string): Set<Rollup.OutputChunk> {
  const chunks = Object.values(bundle).filter(isChunk);
  const start = chunks.find(({ moduleIds }) => moduleIds.includes(module));
  if (!start) throw new Error(`No file of the build holds ${module}`);
  const found = new Set([start]);
  for (const chunk of found) for (const other of chunks) if (chunk.imports.includes(other.fileName)) found.add(other);
  return found;
}

/** Names the files of a module that is loaded later in index.html, so that they come meanwhile. */
export function preloaded(module: string): Plugin {
  return {
    name: "preloaded",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        if (!bundle) return [];
        const files = [...withImports(bundle, module)].map(({ fileName }) => fileName).filter((file) => !html.includes(file));
        return files.map((file) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` }, injectTo: "head" }));
      },
    },
  };
}

/** Fails the build when the JavaScript of some modules together outgrows what a phone on a slow line should have to load. */
export function budget(name: string, modules: readonly string[], most: number): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const kilobytes = (chunks: Iterable<Rollup.OutputChunk>) => [...chunks].reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0) / 1000;
      const loaded = new Set(modules.flatMap((module) => [...withImports(bundle, module)]));
      const others = Object.values(bundle).filter(isChunk).filter((chunk) => !loaded.has(chunk));
      const size = kilobytes(loaded);
      this.info(`${size.toFixed(1)} kB JavaScript for ${name} (budget ${most} kB) and ${kilobytes(others).toFixed(1)} kB for all else, gzipped`);
      if (size > most) this.error(`The JavaScript of ${name} is over its budget of ${most} kB`);
    },
  };
}
