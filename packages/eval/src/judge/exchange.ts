import { UniArmError, type EndpointJudge } from "@uniarm/core/schema";
import { z } from "zod";
import type { JudgeAnswer, Rejection } from "./judge.ts";
import { retryAfterMs } from "./retry-delay.ts";

/** To be tried again: why, and how long the endpoint asks to wait. */
export interface Again {
  again: string;
  waitMs: number | null;
}

const Tokens = z.int().nonnegative().nullish().catch(null);
const Completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
  usage: z.object({ prompt_tokens: Tokens, completion_tokens: Tokens }).nullish().catch(null),
  model: z.string().nullish(),
});
const Failure = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

const REJECTED = new Set([400, 413, 422]);
const isTransient = (status: number): boolean => [408, 409, 425, 429].includes(status) || status >= 500;

/**
 * One request and what became of it.
 * @throws UniArmError judge-redirect, judge-key-refused, judge-refused: what no second try would change
 */
export async function exchange(
  config: EndpointJudge,
  key: string | null,
  clean: (text: string) => string,
  question: string,
): Promise<JudgeAnswer | Rejection | Again> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(`${config.url.replace(/\/+$/, "")}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({
        ...config.parameters,
        model: config.model,
        messages: [{ role: "user", content: question }],
      }),
      redirect: "manual", // the key goes to the configured host and no further
      signal: AbortSignal.timeout(config.timeoutMs),
    });
    body = clean(await response.text());
  } catch (cause) {
    return { again: reasonOf(cause, config.timeoutMs, clean), waitMs: null };
  }
  const { status, headers } = response;
  if (status >= 300 && status < 400) throw redirected(config, clean(headers.get("location") ?? "nowhere"));
  const said = messageIn(body);
  if (isTransient(status)) return { again: `${status}: ${said}`, waitMs: retryAfterMs(headers) };
  if (REJECTED.has(status)) return { rejected: `${status}: ${said}` };
  if (status === 401 || status === 403) throw keyRefused(config, status); // what it says may repeat a part of the key
  if (status !== 200)
    throw new UniArmError(
      "judge-refused",
      `The endpoint ${config.url} answered ${status}: ${said}. Check url and model (${config.model}).`,
    );
  return answerIn(body) ?? { again: `an answer that is no completion: ${said}`, waitMs: null };
}

function answerIn(body: string): JudgeAnswer | null {
  const completion = Completion.safeParse(jsonOf(body)).data;
  if (!completion) return null;
  const { choices, usage, model } = completion;
  return {
    text: choices[0]!.message.content ?? "",
    promptTokens: usage?.prompt_tokens ?? null,
    completionTokens: usage?.completion_tokens ?? null,
    model: model ?? null,
  };
}

/** What an error says in words: its message, or the beginning of its text. */
function messageIn(body: string): string {
  const error = Failure.safeParse(jsonOf(body)).data?.error;
  const text = (typeof error === "string" ? error : error?.message) ?? body;
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "without a word";
  return line.length > 300 ? `${line.slice(0, 300)}...` : line;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reasonOf(cause: unknown, timeoutMs: number, clean: (text: string) => string): string {
  if (!(cause instanceof Error)) return "the connection failed";
  if (cause.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message || cause.cause.name}` : "";
  return clean(`the connection failed (${cause.message}${inner})`);
}

const redirected = ({ url }: EndpointJudge, location: string): UniArmError =>
  new UniArmError(
    "judge-redirect",
    `The endpoint ${url} sends requests on to ${location}; that is not followed, since the API key would travel with them. If that is the right address, set url to it.`,
  );

const keyRefused = ({ url, keyVariable }: EndpointJudge, status: number): UniArmError =>
  new UniArmError(
    "judge-key-refused",
    keyVariable === undefined
      ? `The endpoint ${url} answered ${status}: it wants an API key. Set keyVariable to the name of the environment variable that holds one.`
      : `The endpoint ${url} answered ${status}: it does not accept the key in the environment variable ${keyVariable}. Check the key and what it may do.`,
  );
