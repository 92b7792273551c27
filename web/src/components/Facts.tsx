import type { ReactNode } from "react";

export interface Fact {
  term: string;
  value: ReactNode;
  note?: ReactNode;
}

/** Figures with their names, side by side where there is room. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="figures">
      {facts.map(({ term, value, note }) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>
            {value}
            {note && <span className="note">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
