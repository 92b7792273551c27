import type { Send } from "@/api/client";
import { newPending, SessionEnded, type Pending, type Provider, type Session } from "./provider";

const SESSION_KEY = "runquote.session";
const PENDING_KEY = "runquote.signIn";
const CHANNEL = "runquote.signIn";
/** A token is renewed when it has less than this to live, so that it does not end on its way. */
const MARGIN_MS = 30_000;

export interface SignedIn {
  /** Null where nobody is signed in. */
  session: Session | null;
  /** Whether the API or the provider no longer takes the session. What is on the page stays. */
  ended: boolean;
}

/**
 * Who is signed in. The session is this tab's and ends with it; a sign-in or a sign-out in another tab counts here too, so
 * that one can sign in again beside a form that is half filled in.
 */
export function makeSession(provider: Provider) {
  let current: SignedIn = { session: stored<Session>(sessionStorage, SESSION_KEY), ended: false };
  let renewing: Promise<Session> | null = null;
  const listeners = new Set<() => void>();
  const channel = new BroadcastChannel(CHANNEL);

  const put = (next: SignedIn) => {
    current = next;
    if (next.session) sessionStorage.setItem(SESSION_KEY, JSON.stringify(next.session));
    else sessionStorage.removeItem(SESSION_KEY);
    for (const listener of listeners) listener();
  };
  channel.onmessage = ({ data }: MessageEvent<Session | null>) => {
    if (data === null || current.session === null || current.ended) put({ session: data, ended: false });
  };

  /** Renew once, however many requests wait for it; the session itself if the provider refuses. */
  const renewed = (session: Session): Promise<Session> => {
    renewing ??= provider
      .renew(session)
      .then((next) => {
        if (current.session === session) put({ session: next, ended: false });
        return next;
      })
      .catch((problem: unknown) => {
        if (problem instanceof SessionEnded) return session;
        throw problem;
      })
      .finally(() => (renewing = null));
    return renewing;
  };

  const send: Send = async (request) => {
    const attempt = ({ accessToken }: Session) => {
      const copy = request.clone();
      copy.headers.set("authorization", `Bearer ${accessToken}`);
      return fetch(copy);
    };
    let tried = current.session;
    if (tried === null) return fetch(request); // signed out meanwhile: the API says so
    if (tried.expiresAt - Date.now() < MARGIN_MS) tried = await renewed(tried);
    let answer = await attempt(tried);
    if (answer.status === 401) {
      // Another request may have renewed it while this one was on its way.
      const next = current.session && current.session !== tried ? current.session : await renewed(tried);
      if (next !== tried) answer = await attempt((tried = next));
    }
    if (answer.status === 401 && current.session === tried) put({ session: tried, ended: true });
    return answer;
  };

  return {
    send,
    read: () => current,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    /** Begin a sign-in; returns the address of the page where it goes on. */
    begin(returnTo: string | null): Promise<string> {
      const pending = newPending(returnTo);
      // Not this tab's alone: the sign-in may end in another.
      localStorage.setItem(PENDING_KEY, JSON.stringify(pending));
      return provider.pageFor(pending);
    },

    /** End the sign-in with which the provider sent the person back; returns where they wanted to be. */
    async finish(answer: URL): Promise<string | null> {
      const pending = stored<Pending>(localStorage, PENDING_KEY);
      localStorage.removeItem(PENDING_KEY);
      if (pending === null) throw new Error("This sign-in was ended before, or begun in another browser.");
      const session = await provider.finish(answer, pending);
      put({ session, ended: false });
      channel.postMessage(session);
      return pending.returnTo;
    },

    /** Forget the session here, in other tabs and at the provider; returns the address that ends it there for good. */
    async signOut(returnTo: string): Promise<string> {
      const { session } = current;
      put({ session: null, ended: false });
      channel.postMessage(null);
      // Whether or not the provider answers, nobody here has the session any more.
      if (session) await provider.revoke(session).catch(() => undefined);
      return provider.signOutPage(returnTo);
    },
  };
}
export type SessionStore = ReturnType<typeof makeSession>;

function stored<T>(storage: Storage, key: string): T | null {
  const text = storage.getItem(key);
  return text === null ? null : (JSON.parse(text) as T); // only this file writes it
}
