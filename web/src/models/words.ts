import type { ModelVersion, Retraining } from "@/api/client";
import { day, time } from "@/format";

export const VERSION_STATUS: Record<ModelVersion["status"], { word: string; icon: "check" | "warning" | "stop" }> = {
  current: { word: "In service", icon: "check" },
  promoted: { word: "Was promoted", icon: "check" },
  rejected: { word: "Rejected", icon: "stop" },
  pending: { word: "Not judged", icon: "warning" },
};

/** "on 29 Nov 2026 at 03:00 UTC". */
export const learningTime = (iso: string) => `on ${day(iso)} at ${time(iso)} UTC`;

/** How a retraining ended, as a heading. */
export function outcomeTitle({ status, model_version, steps }: Retraining): string {
  switch (status) {
    case "running":
      return "Retraining";
    case "promoted":
      return model_version === null ? "A new model was promoted" : `Version ${model_version} was promoted`;
    case "no_update":
      return "No update: the model in service stays";
    case "insufficient_data":
      return "Too few runs to train a model";
    case "already_running":
      return "Another retraining was under way";
    case "failed": {
      const failed = steps.find(({ state }) => state === "failed");
      return failed ? `The retraining failed at “${failed.title}”` : "The retraining failed";
    }
  }
}
