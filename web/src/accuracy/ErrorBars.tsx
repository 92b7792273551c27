import { counted, share } from "@/format";
import type { ErrorRow } from "./points";

/** Median errors beside one another, each as a figure and a bar: a chart that is a table. */
export function ErrorBars({ title, of, rows }: { title: string; of: string; rows: readonly ErrorRow[] }) {
  if (rows.length === 0) return null;
  const largest = Math.max(...rows.map(({ error }) => error), Number.MIN_VALUE);
  return (
    <table className="bars">
      <caption>{title}</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{of}</th>
          <th scope="col">Median error</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, runs, error }) => (
          <tr key={name}>
            <th scope="row">
              {name}
              <span className="note">{counted(runs, "run")}</span>
            </th>
            <td className="number">{share(error)}</td>
            <td className="bar" aria-hidden="true">
              <svg viewBox="0 0 1 1" preserveAspectRatio="none">
                <rect width={error / largest} height={1} />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
