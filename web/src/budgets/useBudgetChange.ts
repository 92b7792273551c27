import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/api/queries";

/** Set a team's budget in dollars, or take it away (null); every month is asked for anew. */
export function useBudgetChange(onDone: () => void) {
  const api = useApi();
  const client = useQueryClient();
  return useMutation<unknown, Error, { team: string; limit: number | null }>({
    mutationFn: ({ team, limit }) => (limit === null ? api.removeBudget(team) : api.setBudget(team, limit)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["budgets"] });
      onDone();
    },
  });
}
