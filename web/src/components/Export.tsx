import type { ReactNode } from "react";
import { download } from "@/csv";

interface ExportProps {
  /** What the files are called, without their endings. */
  name: string;
  /** The texts of the files, made when they are asked for. */
  csv: () => string;
  json: () => string;
  /** Other ways to take along what is here. */
  children?: ReactNode;
}

/** Take along what is shown, as data or on paper. */
export function Export({ name, csv, json, children }: ExportProps) {
  return (
    <div className="export">
      {children}
      <button type="button" className="secondary" onClick={() => download(`${name}.csv`, "text/csv", csv())}>
        CSV
      </button>
      <button type="button" className="secondary" onClick={() => download(`${name}.json`, "application/json", json())}>
        JSON
      </button>
      <button type="button" className="secondary" onClick={() => print()}>
        Print
      </button>
    </div>
  );
}
