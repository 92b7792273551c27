import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { QueryClient } from "@tanstack/react-query";
import { App } from "./App";

/** Show the app in the place that index.html has for it. */
export function start(queryClient: QueryClient): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html must hold an element with the id root");
  createRoot(root).render(
    <StrictMode>
      <App queryClient={queryClient} />
    </StrictMode>,
  );
}
