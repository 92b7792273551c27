import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError, makeApi } from "@/api/client";
import { loadConfig } from "@/api/config";
import { makeProvider, type Session } from "@/sign-in/provider";
import { makeSession } from "@/sign-in/session";

const API = "https://api.example/v1";
const config = { issuer: "https://issuer.example/pool", url: "https://sign-in.example", clientId: "app", scope: "openid email runquote/api" };
const signal = new AbortController().signal;

/** A Storage in memory. */
function storage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as unknown as Storage;
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const part = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");
const idToken = (claims: Record<string, unknown>) => {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: config.issuer, aud: config.clientId, sub: "1", email: "ada@example.org", iat: now, exp: now + 3600, ...claims };
  return `${part({ alg: "RS256" })}.${part(all)}.c2ln`;
};

/** What the network answers, and what it was asked. */
let asked: { url: string; form: URLSearchParams; token: string | null }[] = [];
let tokenAnswer: (form: URLSearchParams) => Response;
let accepted: Set<string>;
/** What the next request to the API waits for. */
let held: Promise<void> | null;
const channels: BroadcastChannel[] = [];

beforeEach(() => {
  asked = [];
  accepted = new Set();
  held = null;
  tokenAnswer = () => json({ error: "invalid_grant" }, 400);
  vi.stubGlobal("BroadcastChannel", class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      channels.push(this);
    }
  });
  vi.stubGlobal("sessionStorage", storage());
  vi.stubGlobal("localStorage", storage());
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const token = request.headers.get("authorization");
    const form = new URLSearchParams(await request.text());
    asked.push({ url: request.url, form, token });
    if (request.url === `${config.url}/oauth2/token`) return tokenAnswer(form);
    const wait = held;
    held = null;
    await wait;
    if (request.url.startsWith(API)) return accepted.has(token ?? "") ? json({ workflows: [] }) : json({ error: "unauthorized", message: "Sign in", request_id: "r" }, 401);
    return json({});
  });
});
afterEach(() => {
  for (const channel of channels.splice(0)) channel.close(); // nobody hears of another test's sessions
  vi.unstubAllGlobals();
});

const provider = () => makeProvider(config, "https://app.example/signed-in");
const stored = (change: Partial<Session> = {}): Session => {
  const session = { accessToken: "old", refreshToken: "refresh", expiresAt: Date.now() + 3_600_000, name: "ada@example.org", ...change };
  sessionStorage.setItem("runquote.session", JSON.stringify(session));
  return session;
};
const renewable = () => (tokenAnswer = () => json({ access_token: "new", token_type: "Bearer", expires_in: 3600 }));
const calls = () => asked.filter(({ url }) => url.startsWith(API)).map(({ token }) => token);

describe("signing in", () => {
  const begun = async (returnTo: string | null = "/?workflow=a") => {
    const store = makeSession(provider());
    const page = new URL(await store.begin(returnTo));
    const back = new URL(`https://app.example/signed-in?code=c&state=${page.searchParams.get("state") ?? ""}`);
    const answer = (claims: Record<string, unknown>) => (tokenAnswer = () =>
      json({ access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 3600, id_token: idToken({ nonce: page.searchParams.get("nonce"), ...claims }) }));
    return { store, page, back, answer };
  };

  test("asks with a challenge, and proves with its verifier", async () => {
    const { store, page, back, answer } = await begun();
    expect(page.origin + page.pathname).toBe("https://sign-in.example/oauth2/authorize");
    expect(Object.fromEntries(page.searchParams)).toMatchObject({ response_type: "code", client_id: "app", scope: config.scope, code_challenge_method: "S256", redirect_uri: "https://app.example/signed-in" });
    answer({});
    expect(await store.finish(back)).toBe("/?workflow=a");
    const { form } = asked[0]!;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(form.get("code_verifier") ?? ""));
    expect(Buffer.from(digest).toString("base64url")).toBe(page.searchParams.get("code_challenge"));
    expect(form.get("client_secret")).toBeNull();
    expect(store.read()).toMatchObject({ session: { accessToken: "a", name: "ada@example.org" }, ended: false });
  });
  test.each([
    ["another nonce", { nonce: "other" }],
    ["another issuer", { iss: "https://evil.example" }],
    ["another client", { aud: "other" }],
    ["an ended token", { exp: 1 }],
  ])("is refused with %s", async (_, claims) => {
    const { store, back, answer } = await begun();
    answer(claims);
    await expect(store.finish(back)).rejects.toThrow();
    expect(store.read().session).toBeNull();
  });
  test("is refused with another state, and can be ended once", async () => {
    const { store, back, answer } = await begun();
    answer({});
    await expect(store.finish(new URL("https://app.example/signed-in?code=c&state=other"))).rejects.toThrow();
    await expect(store.finish(back)).rejects.toThrow("begun in another browser");
    expect(asked).toEqual([]);
  });
  test("never speaks to a provider without TLS, unless it is on this machine", async () => {
    const store = makeSession(makeProvider({ ...config, url: "http://sign-in.example" }, "https://app.example/signed-in"));
    const state = new URL(await store.begin("/")).searchParams.get("state") ?? "";
    await expect(store.finish(new URL(`https://app.example/signed-in?code=c&state=${state}`))).rejects.toThrow(/HTTP/i);
    expect(asked).toEqual([]);
  });
});

describe("requests", () => {
  const ask = (store: ReturnType<typeof makeSession>) => makeApi(API, store.send).listWorkflows(signal);

  test("carry the token, and no key", async () => {
    stored();
    accepted.add("Bearer old");
    expect(await ask(makeSession(provider()))).toEqual({ workflows: [] });
    expect(calls()).toEqual(["Bearer old"]);
  });
  test("renew a token that is about to end, once for all that wait", async () => {
    stored({ expiresAt: Date.now() + 1000 });
    renewable();
    accepted.add("Bearer new");
    const store = makeSession(provider());
    await Promise.all([ask(store), ask(store), ask(store)]);
    expect(calls()).toEqual(["Bearer new", "Bearer new", "Bearer new"]);
    expect(asked.filter(({ url }) => url.includes("/oauth2/token"))).toHaveLength(1);
    expect(JSON.parse(sessionStorage.getItem("runquote.session") ?? "")).toMatchObject({ accessToken: "new", refreshToken: "refresh" });
  });
  test("are sent again with a renewed token when the API refuses the old one, body and all", async () => {
    stored();
    renewable();
    accepted.add("Bearer new");
    const store = makeSession(provider());
    await makeApi(API, store.send).recordRuns([{ run_id: "1" }], signal);
    expect(calls()).toEqual(["Bearer old", "Bearer new"]);
    const bodies = asked.filter(({ url }) => url.startsWith(API)).map(({ form }) => form.toString());
    expect(bodies[1]).toBe(bodies[0]);
    expect(store.read().ended).toBe(false);
  });
  test("that are refused late take the token that another has renewed meanwhile", async () => {
    stored();
    renewable();
    accepted.add("Bearer new");
    const store = makeSession(provider());
    let release = () => {};
    held = new Promise((resolve) => (release = resolve));
    const late = ask(store);
    await vi.waitFor(() => expect(calls()).toHaveLength(1));
    await ask(store);
    release();
    await late;
    expect(calls()).toEqual(["Bearer old", "Bearer old", "Bearer new", "Bearer new"]);
    expect(asked.filter(({ url }) => url.includes("/oauth2/token"))).toHaveLength(1);
  });
  test("that nothing lets in any more end the session, which the page is told", async () => {
    stored();
    const store = makeSession(provider());
    const told = vi.fn();
    store.subscribe(told);
    await expect(ask(store)).rejects.toMatchObject({ code: "unauthorized", status: 401 } satisfies Partial<ApiError>);
    expect(store.read()).toMatchObject({ ended: true, session: { name: "ada@example.org" } });
    expect(told).toHaveBeenCalledTimes(1);
  });
  test("that cannot be renewed for want of a network do not end the session", async () => {
    stored();
    tokenAnswer = () => {
      throw new TypeError("Failed to fetch");
    };
    const store = makeSession(provider());
    await expect(ask(store)).rejects.toMatchObject({ code: "unreachable" });
    expect(store.read().ended).toBe(false);
  });
});

describe("another tab", () => {
  const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true));

  test("that signs in again lets this one go on; that signs out signs this one out", async () => {
    stored();
    const here = makeSession(provider());
    await makeApi(API, here.send).listWorkflows(signal).catch(() => undefined);
    expect(here.read().ended).toBe(true);
    const there = makeSession(provider());
    const page = new URL(await there.begin(null));
    tokenAnswer = () => json({ access_token: "again", token_type: "Bearer", expires_in: 3600, id_token: idToken({ nonce: page.searchParams.get("nonce") }) });
    expect(await there.finish(new URL(`https://app.example/signed-in?code=c&state=${page.searchParams.get("state") ?? ""}`))).toBeNull();
    await until(() => here.read().session?.accessToken === "again" && !here.read().ended);
    expect(await there.signOut("https://app.example/")).toBe("https://sign-in.example/logout?client_id=app&logout_uri=https%3A%2F%2Fapp.example%2F");
    await until(() => here.read().session === null);
    expect(sessionStorage.getItem("runquote.session")).toBeNull();
  });
  test("signing out revokes the session at the provider", async () => {
    stored();
    await makeSession(provider()).signOut("https://app.example/");
    expect(asked.map(({ url, form }) => [url, form.get("token")])).toEqual([["https://sign-in.example/oauth2/revoke", "refresh"]]);
  });
});

test("the configuration names where people sign in", async () => {
  const given = { apiUrl: `${API}/`, signIn: { ...config, url: `${config.url}/` } };
  vi.stubGlobal("fetch", async () => json(given));
  expect(await loadConfig()).toEqual({ apiUrl: API, signIn: config });
  vi.stubGlobal("fetch", async () => json({ apiUrl: API, signIn: { url: config.url } }));
  await expect(loadConfig()).rejects.toThrow("/config.json must hold");
});
