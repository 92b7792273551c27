import type { QueryClient } from "@tanstack/react-query";
import { addressProblems } from "@/address";
import { makeApi, withKey } from "@/api/client";
import { enteredKey } from "@/api/config";
import { configQuery, keptQuery, predictionQuery, workflowQuery, workflowsQuery } from "@/api/queryOptions";
import { earlyRequest } from "@/estimate/early";

/** The one page that shows no list of workflows. */
const WITHOUT_LIST = "/budgets";

/**
 * Ask for what a page will need while the rest of the app still loads: on a slow line the answer to a shared address is
 * there several round trips sooner. What fails here is asked again, or told, by the page that needs it.
 */
export async function askEarly(client: QueryClient, { pathname, search }: Pick<Location, "pathname" | "search">): Promise<void> {
  await client.prefetchQuery(configQuery);
  const config = client.getQueryData(configQuery.queryKey);
  const key = config?.apiKey ?? enteredKey.read();
  if (!config || config.signIn || key === null) return;
  const api = makeApi(config.apiUrl, withKey(key));
  const request = pathname === "/" ? earlyRequest(search) : null;
  const kept = pathname === "/predictions" && addressProblems(pathname, search).length === 0 ? new URLSearchParams(search).get("prediction") : null;
  await Promise.all([
    pathname !== WITHOUT_LIST && client.prefetchQuery(workflowsQuery(api)),
    kept !== null && client.prefetchQuery(keptQuery(api, kept)),
    request && client.prefetchQuery(predictionQuery(api, request)),
    request && client.prefetchQuery(workflowQuery(api, request.workflow_name)),
  ]);
}
