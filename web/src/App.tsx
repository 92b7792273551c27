import { lazy, Suspense, useState, type ReactNode } from "react";
import { QueryClientProvider, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { Link, Route, Switch, useLocation } from "wouter";
import { makeApi, withKey } from "@/api/client";
import { enteredKey, type Config } from "@/api/config";
import { ApiContext } from "@/api/queries";
import { configQuery } from "@/api/queryOptions";
import { ApiKeyForm } from "@/components/ApiKeyForm";
import { CheckedAddress } from "@/components/CheckedAddress";
import { useTitle } from "@/components/hooks";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loading } from "@/components/Loading";
import { Navigation } from "@/components/Navigation";
import { PageBoundary } from "@/components/PageBoundary";
import { Tools } from "@/components/Tools";
import { PAGES } from "@/pages";

const ROUTES = PAGES.map(({ path, name, load }) => ({ path, name, Component: lazy(load) }));
// Loaded only where people sign in.
const SignInGate = lazy(() => import("@/sign-in/SignInGate"));

export function App({ queryClient }: { queryClient: QueryClient }) {
  return (
    <QueryClientProvider client={queryClient}>
      <a className="skip-link" href="#main">
        Skip to main content
      </a>
      <header className="site-header">
        <Link href="/" className="wordmark">
          Runquote
        </Link>
        <Navigation />
        <Tools />
        <div className="account" id="account" />
      </header>
      <main id="main" tabIndex={-1}>
        <Configured>
          <Pages />
        </Configured>
      </main>
    </QueryClientProvider>
  );
}

function Pages() {
  const [path] = useLocation();
  return (
    <PageBoundary key={path}>
      <Suspense fallback={<Loading label="Loading the page" problem={null} />}>
        <Switch>
          {ROUTES.map(({ path: own, name, Component }) => (
            <Route key={own} path={own}>
              <CheckedAddress path={own} name={name}>
                <Component />
              </CheckedAddress>
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  );
}

function NotFound() {
  useTitle("Page not found");
  return (
    <>
      <h1>Page not found</h1>
      <p>
        There is nothing at this address. <Link href="/">Estimate a run</Link>
      </p>
    </>
  );
}

/** Show the pages once it is known which API they talk to, and with which key. */
function Configured({ children }: { children: ReactNode }) {
  const config = useQuery(configQuery);
  if (config.error) return <ErrorNotice problem={config.error} onRetry={() => void config.refetch()} />;
  if (!config.data) return null;
  const { apiUrl, signIn } = config.data;
  if (!signIn) return <WithKey config={config.data}>{children}</WithKey>;
  return (
    <PageBoundary>
      <Suspense fallback={null}>
        <SignInGate apiUrl={apiUrl} signIn={signIn}>
          {children}
        </SignInGate>
      </Suspense>
    </PageBoundary>
  );
}

function WithKey({ config, children }: { config: Config; children: ReactNode }) {
  const queryClient = useQueryClient();
  const [entered, setEntered] = useState(enteredKey.read);
  const key = config.apiKey ?? entered;
  const [api, setApi] = useState(() => (key === null ? null : makeApi(config.apiUrl, withKey(key))));
  if (!api) {
    return (
      <ApiKeyForm
        onEnter={(value) => {
          enteredKey.write(value);
          setEntered(value);
          setApi(makeApi(config.apiUrl, withKey(value)));
        }}
      />
    );
  }
  const changeKey = () => {
    enteredKey.forget();
    queryClient.removeQueries({ predicate: ({ queryKey: [about] }) => about !== "config" });
    setEntered(null);
    setApi(null);
  };
  return (
    <ApiContext value={api}>
      {children}
      {config.apiKey === undefined && (
        <footer className="site-footer">
          <button type="button" className="link" onClick={changeKey}>
            Use another API key
          </button>
        </footer>
      )}
    </ApiContext>
  );
}
