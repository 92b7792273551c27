import { counted, share } from "@/format";
import type { ErrorRow } from "./points";

/** Median errors beside one another, each as a figure and a bar: a chart that is a table. `longest` is the error of a whole bar. */
export function ErrorBars({ title, of, rows, longest }: { title: string; of: string; rows: readonly ErrorRow[]; longest: number }) {
  if (rows.length === 0) return null;
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
                <rect width={error / longest} height={1} />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
