import { useState } from "react";
import { count, counted } from "@/format";

export interface RowProblem {
  line: number | null;
  label: string;
  message: string;
}

const SHOWN = 8;

/** What is wrong with single rows of a file, with the lines to mend. */
export function RowProblems({ title, problems }: { title: string; problems: readonly RowProblem[] }) {
  const [all, setAll] = useState(false);
  if (problems.length === 0) return null;
  const shown = all ? problems : problems.slice(0, SHOWN);
  return (
    <section className="row-problems" aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {shown.map(({ line, label, message }, index) => (
          <li key={index}>
            <strong>{line === null ? label : `Line ${count(line)}`}</strong>
            {line !== null && label !== `line ${line}` && <span className="quiet"> {label}</span>}: {message}
          </li>
        ))}
      </ul>
      {problems.length > shown.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          Show {counted(problems.length - shown.length, "more problem")}
        </button>
      )}
    </section>
  );
}
