import { readFileSync } from "node:fs";
import { Marked, type Tokens } from "marked";
import type { Plugin, Rollup } from "vite";

/** The documents that the app serves under /help/, in the order of their menu; those they refer to beside these stay behind. */
const DOCUMENTS = { "web-app": "The web app", ingestion: "Bringing in past runs", recipes: "Recipes" } as const;
const API = "api";

/**
 * Renders the documentation into pages of its own, so that help is there without the internet and without a script.
 * `repository` is the folder that holds docs/ and contract/.
 */
export function help(repository: string): Plugin {
  return {
    name: "help",
    apply: "build",
    generateBundle(_options, bundle) {
      const style = Object.keys(bundle).find((file) => /index-.*\.css$/.test(file));
      if (!style) throw new Error("The build holds no style sheet for the help pages");
      const emit = (name: string, body: string) =>
        this.emitFile({ type: "asset", fileName: `help/${name}.html`, source: page(name, titleOf(name), body, style) });
      for (const name of Object.keys(DOCUMENTS)) emit(name, rendered(readFileSync(`${repository}/docs/${name}.md`, "utf8")));
      const openapi = readFileSync(`${repository}/contract/generated/openapi.json`, "utf8");
      emit(API, operations(JSON.parse(openapi) as OpenApi));
      this.emitFile({ type: "asset", fileName: "help/openapi.json", source: openapi });
    },
  };
}

const titleOf = (name: string) => (name === API ? "The API" : DOCUMENTS[name as keyof typeof DOCUMENTS]);

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** What GitHub makes of a heading, so that links into a document lead to the same place. */
const anchor = (heading: string) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");

function rendered(markdown: string): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        return `<h${depth} id="${anchor(text)}">${this.parser.parseInline(tokens)}</h${depth}>`;
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        const [, name = "", place = ""] = /^([\w-]+)\.md(#.*)?$/.exec(href) ?? [];
        if (name in DOCUMENTS) return `<a href="/help/${name}.html${place}">${text}</a>`;
        if (href.includes("openapi.json")) return `<a href="/help/${API}.html">${text}</a>`;
        return /^(#|https:)/.test(href) ? `<a href="${escaped(href)}">${text}</a>` : text;
      },
      // Pictures of the app are next to it anyway, and would be most of what is served.
      image: () => "",
      code: ({ text }: Tokens.Code) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>`,
      table(token: Tokens.Table) {
        const cells = (row: Tokens.TableCell[], tag: string) => `<tr>${row.map(({ tokens, text }) => (text === "" ? "<td></td>" : `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`)).join("")}</tr>`;
        if ([token.header, ...token.rows].flat().every(({ text }) => text === "" || /^!|^On a|^In the/.test(text))) return "";
        const head = token.header.some(({ text }) => text !== "") ? `<thead>${cells(token.header, "th")}</thead>` : "";
        return `<div class="table-frame" role="group" aria-label="Table" tabindex="0"><table>${head}<tbody>${token.rows.map((row) => cells(row, "td")).join("")}</tbody></table></div>`;
      },
    },
  });
  return marked.parse(markdown, { async: false });
}

interface OpenApi {
  info: { description: string };
  paths: Record<string, Record<string, { summary: string; parameters?: { name: string; description?: string }[]; requestBody?: unknown }>>;
}

/** Every operation in words, and the whole document for programs. */
function operations({ info, paths }: OpenApi): string {
  const all = Object.entries(paths).flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, operation]) => ({ path, verb, ...operation })));
  const parameters = (some: { name: string; description?: string }[] = []) =>
    some.length === 0 ? "" : `<ul>${some.map(({ name, description }) => `<li><code>${escaped(name)}</code>${description ? ` ${escaped(description)}` : ""}</li>`).join("")}</ul>`;
  const shapes = (body: unknown) => [...JSON.stringify(body ?? "").matchAll(/schemas\/(\w+)/g)].map(([, name]) => `<code>${name}</code>`).join(" or ");
  const sections = all.map(
    ({ path, verb, summary, parameters: some, requestBody }) =>
      `<h2><code>${verb.toUpperCase()} ${escaped(path)}</code></h2><p>${escaped(summary)}.${requestBody ? ` The body is ${shapes(requestBody)}.` : ""}</p>${parameters(some)}`,
  );
  return `<h1>The API</h1><p>${escaped(info.description)} Requests carry a key as <code>x-api-key</code>, or an access token where people sign in. <a href="/help/openapi.json">The OpenAPI document</a> has every shape, bound and error.</p>${sections.join("")}`;
}

function page(name: string, title: string, body: string, style: Rollup.OutputAsset["fileName"]): string {
  const menu = [...Object.keys(DOCUMENTS), API].map(
    (other) => `<li><a href="/help/${other}.html"${other === name ? ' aria-current="page"' : ""}>${titleOf(other)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <title>${title} – Runquote help</title>
    <script src="/theme.js"></script>
    <link rel="stylesheet" href="/${style}" />
  </head>
  <body>
    <a class="skip-link" href="#main">Skip to main content</a>
    <header class="site-header">
      <a class="wordmark" href="/">Runquote</a>
      <nav class="site-nav" aria-label="Help"><ul>${menu.join("")}</ul></nav>
    </header>
    <main id="main" tabindex="-1" class="help">${body}</main>
  </body>
</html>
`;
}
