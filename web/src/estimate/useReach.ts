import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/api/queries";
import type { WorkflowDetail } from "@/api/client";

type Point = WorkflowDetail["curve"][number];

const STEPS = 4;

/**
 * What typical runs cost between the end of a workflow's curve and a run beyond it, so that the curve reaches that run.
 * They are asked for as any other estimate is; none where the curve goes that far, and none until they are there.
 */
export function useReach(workflow: string, curve: readonly Point[], bytes: number | null): readonly Point[] {
  const api = useApi();
  const sizes = bytes === null ? [] : sizesUpTo(curve, bytes);
  const { data } = useQuery({
    queryKey: ["reach", workflow, sizes],
    queryFn: async ({ signal }) => {
      const { predictions } = await api.predictBatch(sizes.map((input_bytes) => ({ workflow_name: workflow, input_bytes })), signal, null, false);
      return predictions.flatMap((answer, index): Point[] => {
        const input_bytes = sizes[index];
        if ("error" in answer || input_bytes === undefined) return [];
        return [{ input_bytes, cost_usd: answer.cost_usd, intervals: answer.intervals, extrapolated: answer.extrapolated }];
      });
    },
    enabled: sizes.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? [];
}

/** Sizes in equal steps of a logarithmic axis from the nearer end of a curve, which they leave out, to a size beyond it. */
export function sizesUpTo(curve: readonly Pick<Point, "input_bytes">[], bytes: number): number[] {
  const all = curve.map(({ input_bytes }) => input_bytes);
  const end = bytes > Math.max(...all) ? Math.max(...all) : Math.min(...all);
  if (all.length === 0 || (bytes >= Math.min(...all) && bytes <= Math.max(...all))) return [];
  return Array.from({ length: STEPS }, (_, step) => Math.round(end * (bytes / end) ** ((step + 1) / STEPS)));
}
