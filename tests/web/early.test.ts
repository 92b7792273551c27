import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeQueryClient, predictionQuery } from "@/api/queryOptions";
import { makeApi, withKey } from "@/api/client";
import { askEarly } from "@/early";

const API = "https://api.example/v1";

/** What the network was asked, with the API key that let it in. */
let asked: [string, string | null][] = [];
let config: Record<string, unknown>;
let entered: string | null;

beforeEach(() => {
  asked = [];
  config = { apiUrl: API, apiKey: "shared" };
  entered = null;
  vi.stubGlobal("sessionStorage", { getItem: () => entered });
  vi.stubGlobal("fetch", (request: string | Request) => {
    if (request === "/config.json") return Promise.resolve(Response.json(config));
    const { url, method, headers } = request as Request;
    asked.push([`${method} ${url.replace(API, "")}`, headers.get("x-api-key")]);
    return Promise.resolve(Response.json({}));
  });
});

afterEach(() => vi.unstubAllGlobals());

const ask = async (address: string) => {
  const client = makeQueryClient();
  await askEarly(client, new URL(address, "https://app.example"));
  return client;
};

test("a shared estimate is asked for with all that it shows, and its page finds the answer", async () => {
  const client = await ask("/?workflow=rnaseq-quant&input=20&iu=MB");
  expect(asked).toEqual([
    ["GET /workflows", "shared"],
    ["POST /predictions", "shared"],
    ["GET /workflows/rnaseq-quant", "shared"],
  ]);
  const { queryKey } = predictionQuery(makeApi(API, withKey("shared")), { workflow_name: "rnaseq-quant", input_bytes: 20e6 });
  expect(client.getQueryData(queryKey)).toEqual({});
});

test.each([
  "/",
  "/models?workflow=rnaseq-quant",
  "/predictions?team=genomics",
  "/runs?workflow=rnaseq-quant&input=20&iu=MB",
  "/?workflow=rnaseq-quant&input=-1",
  "/?workflow=rnaseq-quant&input=20&p.paired=true",
])(
  "%s asks for nothing but the list of workflows, which its page needs first",
  async (address) => {
    await ask(address);
    expect(asked).toEqual([["GET /workflows", "shared"]]);
  },
);

test("a kept prediction is asked for beside the list of workflows, if the address is understood", async () => {
  const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  await ask(`/predictions?prediction=${id}`);
  expect(asked).toEqual([["GET /workflows", "shared"], [`GET /predictions/${id}`, "shared"]]);
  asked = [];
  await ask(`/predictions?prediction=${id}&iu=GB`);
  expect(asked).toEqual([["GET /workflows", "shared"]]);
});

test("a page without a list asks for none", async () => {
  await ask("/budgets");
  expect(asked).toEqual([]);
});

test("the key that a person entered lets the questions in", async () => {
  entered = "own";
  config = { apiUrl: API };
  await ask("/");
  expect(asked).toEqual([["GET /workflows", "own"]]);
});

test.each([
  ["nobody entered a key", { apiUrl: API }, null],
  ["people sign in", { apiUrl: API, signIn: { issuer: "i", url: "https://sign-in.example", clientId: "c", scope: "s" } }, "of another time"],
  ["the configuration is broken", {}, "own"],
])("nothing is asked where %s", async (_, given, key) => {
  config = given;
  entered = key;
  await ask("/?workflow=rnaseq-quant&input=20&iu=MB");
  expect(asked).toEqual([]);
});
