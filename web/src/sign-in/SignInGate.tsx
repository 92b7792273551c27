import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { makeApi } from "@/api/client";
import type { SignInConfig } from "@/api/config";
import { ApiContext } from "@/api/queries";
import { Alert } from "@/components/Alert";
import { useTitle } from "@/components/hooks";
import { makeProvider } from "./provider";
import { makeSession, type SessionStore } from "./session";

/** Where the identity provider sends people back to, as Terraform tells it. */
const RETURN_PATH = "/signed-in";

interface SignInGateProps {
  apiUrl: string;
  signIn: SignInConfig;
  children: ReactNode;
}

/** Show the pages to whoever is signed in, and ask everyone else to. */
export default function SignInGate({ apiUrl, signIn, children }: SignInGateProps) {
  const [path] = useLocation();
  const store = useMemo(() => makeSession(makeProvider(signIn, location.origin + RETURN_PATH)), [signIn]);
  const api = useMemo(() => makeApi(apiUrl, store.send), [apiUrl, store]);
  const { session, ended } = useSyncExternalStore(store.subscribe, store.read);
  useRetryOnceSignedIn(ended);
  if (path === RETURN_PATH) return <Returned store={store} />;
  if (session === null) return <SignIn store={store} />;
  return (
    <ApiContext value={api}>
      {createPortal(<Account name={session.name} store={store} />, document.getElementById("account") ?? document.body)}
      {ended && <SignInAgain store={store} />}
      {children}
    </ApiContext>
  );
}

/** What failed for want of a session is asked again when there is one. */
function useRetryOnceSignedIn(ended: boolean) {
  const client = useQueryClient();
  const before = useRef(ended);
  useEffect(() => {
    if (before.current && !ended) void client.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
    before.current = ended;
  }, [ended, client]);
}

function Account({ name, store }: { name: string; store: SessionStore }) {
  return (
    <>
      <span>Signed in as {name}</span>
      <button type="button" className="link" onClick={() => void store.signOut(`${location.origin}/`).then((page) => location.assign(page))}>
        Sign out
      </button>
    </>
  );
}

function SignIn({ store }: { store: SessionStore }) {
  useTitle("Sign in");
  return (
    <div className="card narrow">
      <h1>Sign in</h1>
      <p>Runquote's service answers people of your group. You come back to this page when you have signed in.</p>
      <SignInButton store={store} />
    </div>
  );
}

function SignInButton({ store }: { store: SessionStore }) {
  const here = location.pathname === RETURN_PATH ? "/" : location.pathname + location.search;
  return (
    <button type="button" onClick={() => void store.begin(here).then((page) => location.assign(page))}>
      Sign in
    </button>
  );
}

/** The session has ended in the middle of something: one signs in again in another tab, and nothing here is lost. */
function SignInAgain({ store }: { store: SessionStore }) {
  const [page, setPage] = useState<string>();
  useEffect(() => void store.begin(null).then(setPage), [store]);
  return (
    <Alert title="Your sign-in has ended">
      <p>
        What you entered is still here.{" "}
        <a href={page} target="_blank" rel="noopener">
          Sign in again
        </a>{" "}
        in a new tab, then go on in this one.
      </p>
    </Alert>
  );
}

/** Back from the identity provider: end the sign-in, and go where the person wanted to be. */
function Returned({ store }: { store: SessionStore }) {
  const [, navigate] = useLocation();
  const end = useQuery({ queryKey: ["sign-in"], queryFn: () => store.finish(new URL(location.href)), staleTime: Number.POSITIVE_INFINITY, gcTime: 0, retry: false });
  useTitle(end.data === null ? "Signed in" : "Sign in");
  useEffect(() => {
    if (end.data) navigate(end.data, { replace: true });
  }, [end.data, navigate]);
  if (end.error) {
    return (
      <div className="page">
        <h1>Sign in</h1>
        <Alert title="You could not be signed in">
          <p>{end.error.message}</p>
        </Alert>
        <div>
          <SignInButton store={store} />
        </div>
      </div>
    );
  }
  if (end.data !== null) return null;
  return (
    <div className="card narrow">
      <h1>You are signed in</h1>
      <p>Close this tab and go on in the one that you came from.</p>
    </div>
  );
}
