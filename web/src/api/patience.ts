import { ApiError } from "./client";
import { retryDelay, shouldRetry } from "./queryOptions";

/** Call, and call again for as long as what stands in the way passes by itself. Throws what does not. */
export async function patiently<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (problem) {
      if (!(problem instanceof ApiError) || !shouldRetry(failures, problem)) throw problem;
      await pause(retryDelay(failures, problem), signal);
    }
  }
}

/** Wait, unless it is called off. */
export const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true });
  });
