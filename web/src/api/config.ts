import * as z from "zod/mini";
import { ApiError } from "./client";

/** What a deployment says about itself in `/config.json`, read at start so that one build serves them all. */
export interface Config {
  apiUrl: string;
  /** Absent where each person brings their own key, or signs in. */
  apiKey?: string | undefined;
  /** Present where people sign in. */
  signIn?: SignInConfig | undefined;
}

/** Where people sign in, and as which client of the identity provider the app asks them to. */
export interface SignInConfig {
  /** Who vouches for people: `iss` in the identity provider's tokens. */
  issuer: string;
  /** Where its pages and endpoints are. */
  url: string;
  clientId: string;
  /** What is asked for, by names with spaces between them. */
  scope: string;
}

const text = z.string().check(z.minLength(1));
const address = z.pipe(z.url(), z.transform((url) => url.replace(/\/$/, "")));
const shape = z.object({
  apiUrl: address,
  apiKey: z.optional(text),
  signIn: z.optional(z.object({ issuer: text, url: address, clientId: text, scope: text })),
});

/** Fetch `/config.json`; throws an error whose message a person can act on. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("/config.json", { cache: "no-store" }).catch(() => {
    throw new ApiError("unreachable", "This site does not answer.", 0, null, null);
  });
  if (!response.ok) throw new Error(`/config.json answered ${response.status}. Ask whoever runs this site to deploy it again.`);
  const parsed = z.safeParse(shape, await response.json().catch(() => null));
  if (!parsed.success) throw new Error("/config.json must hold an apiUrl. Ask whoever runs this site to deploy it again.");
  return parsed.data;
}

const STORED_KEY = "runquote.apiKey";

/** The key that a person entered; it is forgotten when the tab closes. */
export const enteredKey = {
  read: () => sessionStorage.getItem(STORED_KEY),
  write: (key: string) => sessionStorage.setItem(STORED_KEY, key),
  forget: () => sessionStorage.removeItem(STORED_KEY),
};
