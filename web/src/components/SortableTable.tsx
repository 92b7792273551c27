import { Fragment, useState, type ReactNode } from "react";
import { count } from "@/format";
import { Alert } from "./Alert";
import { Table } from "./Table";

export interface Column<T> {
  key: string;
  title: string;
  className?: string;
  /** What rows are ordered by; rows without a value come last, whichever the direction. */
  value?: (row: T) => number | string | null;
  cell: (row: T) => ReactNode;
}

export interface Order {
  key: string;
  descending: boolean;
}

interface SortableTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  order: Order;
  onOrder: (order: Order) => void;
  /** What opens below a row, over its whole width; null for nothing. */
  detail?: ((row: T) => ReactNode) | undefined;
}

const PAGE = 100;

/** A table whose headers sort it. The first column names the row. Long ones come in pages. */
export function SortableTable<T>({ label, columns, rows, rowKey, order, onOrder, detail }: SortableTableProps<T>) {
  const [page, setPage] = useState(0);
  const ordered = inOrder(rows, columns.find(({ key }) => key === order.key)?.value, order.descending);
  const sortBy = (next: Order) => {
    setPage(0); // where what sorts first is
    onOrder(next);
  };
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
  const shown = Math.min(page, last);
  const sorts = columns.some(({ key, value }) => key === order.key && value);
  return (
    <div className="sortable">
      {!sorts && <Alert title={`There is no column “${order.key}” to sort by`}>Choose one at the head of the table.</Alert>}
      <Table label={label}>
        <thead>
          <tr>
            {columns.map(({ key, title, className, value }) => (
              <th key={key} scope="col" className={className} {...(order.key === key && { "aria-sort": order.descending ? "descending" : "ascending" })}>
                {value ? (
                  <button type="button" className="sort" onClick={() => sortBy({ key, descending: order.key === key ? !order.descending : className === "number" })}>
                    {title}
                    {order.key === key && <span aria-hidden="true">{order.descending ? "↓" : "↑"}</span>}
                  </button>
                ) : (
                  title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <Body columns={columns} rows={ordered.slice(shown * PAGE, (shown + 1) * PAGE)} rowKey={rowKey} detail={detail} />
      </Table>
      {last > 0 && (
        <Pager onEarlier={shown > 0 ? () => setPage(shown - 1) : null} onLater={shown < last ? () => setPage(shown + 1) : null}>
          {count(shown * PAGE + 1)} to {count(Math.min(rows.length, (shown + 1) * PAGE))} of {count(rows.length)}
        </Pager>
      )}
    </div>
  );
}

/** The rows of a table; the first column names each. */
export function Body<T>({ columns, rows, rowKey, detail }: Pick<SortableTableProps<T>, "columns" | "rows" | "rowKey" | "detail">) {
  return (
    <tbody>
      {rows.map((row) => {
        const below = detail?.(row);
        return (
          <Fragment key={rowKey(row)}>
            <tr className={below ? "opened" : undefined}>
              {columns.map(({ key, className, cell }, index) =>
                index === 0 ? (
                  <th key={key} scope="row" className={className}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={key} className={className}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
            {below && (
              <tr>
                <td colSpan={columns.length}>{below}</td>
              </tr>
            )}
          </Fragment>
        );
      })}
    </tbody>
  );
}

interface PagerProps {
  /** Null on the first page, and on the last. */
  onEarlier: (() => void) | null;
  onLater: (() => void) | null;
  children: ReactNode;
}

/** Where one is among pages, and the way to the next. */
export function Pager({ onEarlier, onLater, children }: PagerProps) {
  return (
    <nav className="pager" aria-label="Pages of the table">
      <p role="status">{children}</p>
      <button type="button" className="secondary" disabled={!onEarlier} onClick={() => onEarlier?.()}>
        Previous
      </button>
      <button type="button" className="secondary" disabled={!onLater} onClick={() => onLater?.()}>
        Next
      </button>
    </nav>
  );
}

/** Stable, so that equal rows keep the order in which they came. */
export function inOrder<T>(rows: readonly T[], value: ((row: T) => number | string | null) | undefined, descending: boolean): readonly T[] {
  if (!value) return rows;
  const sign = descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  });
}
