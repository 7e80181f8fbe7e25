import { setTimeout } from "node:timers/promises";
import { createRandom } from "@uniarm/core";
import { UniArmError, type EndpointJudge } from "@uniarm/core/schema";
import { exchange } from "./exchange.ts";
import type { Judge } from "./judge.ts";
import { backoffMs } from "./retry-delay.ts";
import { withoutKey } from "./secret.ts";

/** Longer than a limit of requests a minute takes to pass; a quota of a day is for another run. */
const MOST_WAIT_MS = 10 * 60_000;

/**
 * A judge behind an OpenAI-compatible endpoint. Requests that fail for a while are tried again; when the endpoint asks to
 * wait, all requests do.
 * @param key sent as a bearer token; null: none
 */
export function endpointJudge(config: EndpointJudge, key: string | null): Judge {
  const { url, model, parameters, retries, retryDelayMs } = config;
  const clean = withoutKey(key);
  const random = createRandom(0).fork("judge-backoff"); // only waits hang on it
  let pause: Promise<unknown> = Promise.resolve();

  return {
    key: { url: url.replace(/\/+$/, ""), model, parameters },
    ask: async (question, { signal, spend }) => {
      for (let attempt = 0; ; attempt++) {
        await pause;
        signal.throwIfAborted();
        spend();
        const result = await exchange(config, key, clean, question);
        if (!("again" in result)) return result;
        const { again, waitMs } = result;
        if (attempt === retries)
          throw new UniArmError(
            "judge-unreachable",
            `The endpoint ${url} gave no answer in ${attempt + 1} tries; the last time: ${again}. What was answered is kept: run the same command again to continue.`,
          );
        if (waitMs !== null && waitMs > MOST_WAIT_MS)
          throw new UniArmError(
            "judge-wait",
            `The endpoint ${url} asks to wait ${Math.ceil(waitMs / 1000)} s (${again}). What was answered is kept: run the same command after that.`,
          );
        const wait = waitFor(waitMs ?? backoffMs(retryDelayMs, attempt, random.uniform()), signal);
        if (waitMs !== null) pause = Promise.all([pause, wait]);
        await wait;
      }
    },
    dispose: () => Promise.resolve(),
  };
}

/** Ends early when the signal is aborted. */
const waitFor = (milliseconds: number, signal: AbortSignal): Promise<unknown> =>
  setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
