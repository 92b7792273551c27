import type { ReactNode } from "react";

/** A table that scrolls inside its own frame where it is too wide for the page, by keyboard too. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    // A scrolling region has to be reachable by keyboard.
    <div className="table-frame" role="group" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
