import * as z from "zod/mini";

/** What a deployment says about itself in `/config.json`, read at start so that one build serves them all. */
export interface Config {
  apiUrl: string;
  /** Absent where each person brings their own key. */
  apiKey?: string | undefined;
}

const shape = z.object({ apiUrl: z.url(), apiKey: z.optional(z.string().check(z.minLength(1))) });

/** Fetch `/config.json`; throws an error whose message a person can act on. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("/config.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`/config.json answered ${response.status}. Ask whoever runs this site to deploy it again.`);
  const parsed = z.safeParse(shape, await response.json().catch(() => null));
  if (!parsed.success) throw new Error("/config.json must hold an apiUrl. Ask whoever runs this site to deploy it again.");
  return { ...parsed.data, apiUrl: parsed.data.apiUrl.replace(/\/$/, "") };
}

const STORED_KEY = "runquote.apiKey";

/** The key that a person entered; it is forgotten when the tab closes. */
export const enteredKey = {
  read: () => sessionStorage.getItem(STORED_KEY),
  write: (key: string) => sessionStorage.setItem(STORED_KEY, key),
  forget: () => sessionStorage.removeItem(STORED_KEY),
};
