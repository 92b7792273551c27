import type { Prediction } from "@/api/client";

/** A cell that a spreadsheet takes for text, whatever it starts with. */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** One header line and one row; sizes in bytes, money in USD. */
export function toCsv(prediction: Prediction, inputBytes: number, outputBytes: number | null): string {
  const columns: [string, string | number | null][] = [
    ["workflow_name", prediction.workflow_name],
    ["input_bytes", inputBytes],
    ["output_bytes", outputBytes],
    ["cost_usd", prediction.cost_usd],
    ...prediction.intervals.flatMap(({ coverage, low_usd, high_usd }): [string, number][] => [
      [`low_${Math.round(coverage * 100)}_usd`, low_usd],
      [`high_${Math.round(coverage * 100)}_usd`, high_usd],
    ]),
    ["extrapolated", String(prediction.extrapolated)],
    ["warnings", prediction.warnings.map(({ message }) => message).join(" ")],
    ["model_version", prediction.model.version],
    ["prediction_id", prediction.prediction_id],
  ];
  return `${columns.map(([name]) => name).join(",")}\r\n${columns.map(([, value]) => csvCell(value)).join(",")}\r\n`;
}

/** Offer text as a file to keep. */
export function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
