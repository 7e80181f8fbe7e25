import { JudgeModel, type EndpointJudge } from "@uniarm/core/schema";
import {
  chatCompletion,
  openChatEndpoint,
  type ChatEndpoint,
  type ChatReply,
  type ChatRequest,
} from "@uniarm/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import { endpointJudge, keyIn, type JudgeAnswer, type Rejection } from "../../../src/index.ts";
import { backoffMs, retryAfterMs } from "../../../src/judge/retry-delay.ts";
import { expectRefusal } from "../../support/refusal.ts";

const KEY = 'sk-test-0123456789/"quoted"';
const SAID: ChatReply = { body: chatCompletion('{"better": "tie"}') };
const signal = new AbortController().signal;

const opened: ChatEndpoint[] = [];
afterEach(async () => {
  for (const endpoint of opened.splice(0)) await endpoint.close();
});
async function serving(script: (request: ChatRequest, index: number) => ChatReply): Promise<ChatEndpoint> {
  const endpoint = await openChatEndpoint(script);
  opened.push(endpoint);
  return endpoint;
}

const configOf = (url: string, more: Partial<EndpointJudge> = {}): EndpointJudge =>
  JudgeModel.parse({
    type: "endpoint",
    url,
    model: "big",
    retryDelayMs: 2,
    keyVariable: "JUDGE_KEY",
    ...more,
  }) as EndpointJudge;

function ask(
  endpoint: ChatEndpoint,
  more: Partial<EndpointJudge> = {},
  spend = (): void => undefined,
): Promise<JudgeAnswer | Rejection> {
  return endpointJudge(configOf(endpoint.url, more), KEY).ask("Which?", { signal, spend });
}

/** The error of an action, which must not hold the key in any part of it. */
async function errorOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  expect(error).not.toBeNull();
  const all = [
    error!.message,
    error!.stack,
    JSON.stringify(error),
    String((error!.cause as Error | undefined)?.stack),
  ].join();
  expect(all).not.toContain(KEY);
  expect(all).not.toContain("0123456789");
  return error!.message;
}

test("a question is one user message with model, parameters and key, and the answer has its tokens and model", async () => {
  const endpoint = await serving(() => SAID);
  expect(await ask(endpoint, { parameters: { temperature: 0.5, reasoning: { effort: "low" } } })).toEqual({
    text: '{"better": "tie"}',
    promptTokens: 100,
    completionTokens: 10,
    model: "judge-of-tests",
  });
  const [request] = endpoint.requests;
  expect(request!.path).toBe("/v1/chat/completions");
  expect(request!.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(request!.body).toEqual({
    temperature: 0.5,
    reasoning: { effort: "low" },
    model: "big",
    messages: [{ role: "user", content: "Which?" }],
  });
});

test("without a key none is sent", async () => {
  const endpoint = await serving(() => SAID);
  await endpointJudge(configOf(endpoint.url), null).ask("Which?", { signal, spend: () => undefined });
  expect(endpoint.requests[0]!.headers).not.toHaveProperty("authorization");
});

test("tokens that are not counted are unknown, and an empty answer is an answer", async () => {
  const endpoint = await serving(() => ({ body: chatCompletion(null, null) }));
  expect(await ask(endpoint)).toMatchObject({ text: "", promptTokens: null, completionTokens: null });
});

test.each([500, 502, 503, 408, 409])("%i is tried again, and each try counts as a request", async (status) => {
  const endpoint = await serving((_, index) => (index < 2 ? { status, body: "oops" } : SAID));
  let spent = 0;
  expect(await ask(endpoint, {}, () => (spent += 1))).toMatchObject({ text: '{"better": "tie"}' });
  expect([endpoint.requests.length, spent]).toEqual([3, 3]);
});

test("after the last retry the error says what the endpoint said last, without the key", async () => {
  const endpoint = await serving((_, index) => ({ status: 503, body: { error: { message: `busy ${index} ${KEY}` } } }));
  const message = await errorOf(ask(endpoint, { retries: 2 }));
  expect(message).toContain("gave no answer in 3 tries; the last time: 503: busy 2 [key]");
  expect(message).toContain("run the same command again");
});

test("429 waits as long as Retry-After says, and all other requests wait, too", async () => {
  const endpoint = await serving((_, index) =>
    index === 0 ? { status: 429, headers: { "retry-after": "1" }, body: {} } : SAID,
  );
  const judge = endpointJudge(configOf(endpoint.url), KEY);
  const start = performance.now();
  const first = judge.ask("one", { signal, spend: () => undefined });
  await expect.poll(() => endpoint.requests.length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 300)); // the 429 has arrived by then
  await judge.ask("two", { signal, spend: () => undefined });
  expect(performance.now() - start).toBeGreaterThanOrEqual(999); // timers may be a millisecond early
  await first;
  expect(endpoint.requests.map(({ question }) => question).sort()).toEqual(["one", "one", "two"]);
});

test("a wait of hours is for another run", async () => {
  const endpoint = await serving(() => ({ status: 429, headers: { "retry-after": "7200" }, body: { error: "quota" } }));
  expect(await errorOf(ask(endpoint))).toContain("asks to wait 7200 s (429: quota)");
  expect(endpoint.requests).toHaveLength(1);
});

test("an abort ends a wait at once", async () => {
  const endpoint = await serving(() => ({ status: 429, headers: { "retry-after": "500" }, body: {} }));
  const stop = new AbortController();
  const asked = endpointJudge(configOf(endpoint.url), KEY).ask("Which?", {
    signal: stop.signal,
    spend: () => undefined,
  });
  await expect.poll(() => endpoint.requests.length).toBe(1);
  stop.abort();
  await expect(asked).rejects.toBe(stop.signal.reason);
});

test("a connection that hangs is given up and tried again", async () => {
  const endpoint = await serving((_, index) => (index === 0 ? null : SAID));
  expect(await ask(endpoint, { timeoutMs: 150 })).toMatchObject({ text: '{"better": "tie"}' });
  const hanging = await serving(() => null);
  expect(await errorOf(ask(hanging, { timeoutMs: 50, retries: 1 }))).toContain("no answer within 50 ms");
});

test("an endpoint that is not there is named with the reason", async () => {
  const endpoint = await serving(() => SAID);
  await endpoint.close();
  const message = await errorOf(ask(endpoint, { retries: 1 }));
  expect(message).toContain(endpoint.url);
  expect(message).toContain("ECONNREFUSED");
});

test.each([
  "not json",
  {},
  { choices: [] },
  { choices: [{ message: { content: 7 } }] },
  { error: { message: "overloaded" } },
])("%j with status 200 is no answer", async (body) => {
  const endpoint = await serving((_, index) => (index === 0 ? { body } : SAID));
  expect(await ask(endpoint)).toMatchObject({ text: '{"better": "tie"}' });
});

test("a redirect is refused: the key goes to no other host", async () => {
  const other = await serving(() => SAID);
  for (const status of [301, 302, 307, 308]) {
    const endpoint = await serving(() => ({
      status,
      headers: { location: `${other.url}/chat/completions` },
      body: "",
    }));
    const message = await errorOf(ask(endpoint));
    expect(message).toContain(other.url);
    expect(message).toContain("not followed");
  }
  expect(other.requests).toHaveLength(0);
});

test.each([401, 403])("%i names the variable of the key and repeats nothing that the endpoint says", async (status) => {
  const endpoint = await serving(() => ({ status, body: { error: { message: "Incorrect key sk-test-0123*****" } } }));
  const message = await errorOf(ask(endpoint));
  expect(message).toContain("JUDGE_KEY");
  expect(message).not.toContain("sk-test");
  expect(endpoint.requests).toHaveLength(1);
});

test("what no second try would change stops at once; a question that is not taken is a rejection", async () => {
  const unknown = await serving(() => ({ status: 404, body: { error: { message: `no model for ${KEY}` } } }));
  expect(await errorOf(ask(unknown))).toContain("answered 404: no model for [key]. Check url and model (big)");
  expect(unknown.requests).toHaveLength(1);
  const strict = await serving(() => ({ status: 400, body: { error: { message: "too long" } } }));
  expect(await ask(strict)).toEqual({ rejected: "400: too long" });
});

test("an answer that repeats the key is kept without it", async () => {
  const endpoint = await serving(() => ({ body: chatCompletion(`Your key is ${KEY}.`) }));
  expect(await ask(endpoint)).toMatchObject({ text: "Your key is [key]." });
});

describe("the key", () => {
  test("is read without the blanks around it", () => {
    expect(keyIn("JUDGE_KEY", { JUDGE_KEY: ` ${KEY}\n` })).toBe(KEY);
  });
  test.each([
    [undefined, "judge-key-missing"],
    ["  ", "judge-key-missing"],
    ["sk-0123456789 sk-2", "judge-key-invalid"],
    ["sk-0123456789\nx: y", "judge-key-invalid"],
    ["sk-0123456789é", "judge-key-invalid"],
  ])("%j is refused by the variable's name alone", async (value, code) => {
    await expectRefusal(() => keyIn("JUDGE_KEY", { JUDGE_KEY: value }), code, "JUDGE_KEY");
    expect(await errorOf(Promise.resolve().then(() => keyIn("JUDGE_KEY", { JUDGE_KEY: value })))).not.toContain("sk-");
  });
});

test("Retry-After is read in seconds, and as a date against the answer's own", () => {
  const of = (headers: Record<string, string>): number | null => retryAfterMs(new Headers(headers));
  expect(of({ "retry-after": "2" })).toBe(2000);
  const date = "Wed, 21 Oct 2015 07:28:00 GMT";
  expect(of({ "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", date })).toBe(30_000);
  expect(of({ "retry-after": date, date: "Wed, 21 Oct 2015 07:28:30 GMT" })).toBe(0);
  expect(of({ "retry-after": date })).toBeNull();
  expect(of({ "retry-after": "soon" })).toBeNull();
  expect(of({})).toBeNull();
});

test("waits double up to a minute, spread over their upper half", () => {
  expect([0, 1, 2, 3].map((attempt) => backoffMs(1000, attempt, 0))).toEqual([500, 1000, 2000, 4000]);
  expect(backoffMs(1000, 3, 1)).toBe(8000);
  expect(backoffMs(1000, 30, 1)).toBe(60_000);
});
