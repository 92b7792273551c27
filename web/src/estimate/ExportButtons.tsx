import { useState } from "react";
import type { Prediction, PredictionRequest } from "@/api/client";
import { download } from "@/csv";
import { toCsv } from "./export";

/** Take the answer along: as an address, as data, or on paper. */
export function ExportButtons({ prediction, request }: { prediction: Prediction; request: PredictionRequest }) {
  const [copied, setCopied] = useState(false);
  const name = `estimate-${prediction.prediction_id}`;
  const copy = () => navigator.clipboard.writeText(location.href).then(() => setCopied(true), () => setCopied(false));
  return (
    <div className="export">
      <button type="button" className="secondary" onClick={() => void copy()}>
        {copied ? "Link copied" : "Copy link"}
      </button>
      <button type="button" className="secondary" onClick={() => download(`${name}.json`, "application/json", JSON.stringify(prediction, null, 2))}>
        JSON
      </button>
      <button type="button" className="secondary" onClick={() => download(`${name}.csv`, "text/csv", toCsv(prediction, request.input_bytes, request.output_bytes ?? null))}>
        CSV
      </button>
      <button type="button" className="secondary" onClick={() => print()}>
        Print
      </button>
      <span className="visually-hidden" role="status">
        {copied && "Link copied"}
      </span>
    </div>
  );
}
