import type { PredictionRequest } from "@/api/client";
import { addressProblems } from "@/address";
import { fromSearch, toRequest } from "./question";
import { formSchema } from "./validation";

/**
 * The question of an address that can be asked before the list of workflows is there; null where it has none. Only run
 * parameters have to wait: what they mean is known from the list.
 */
export function earlyRequest(search: string): PredictionRequest | null {
  if (addressProblems("/", search).length > 0) return null;
  const values = fromSearch(search);
  const answerable = Object.keys(values.parameters).length === 0 && formSchema([]).safeParse(values).success;
  return answerable ? toRequest(values, []) : null;
}
