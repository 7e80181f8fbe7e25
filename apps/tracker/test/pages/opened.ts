import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runCli, startPlatform, type Platform } from "@uniarm/cli/testing";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { openBrowser, type Browser } from "../../tooling/chromium.ts";
import { troublesOf } from "../page-checks.ts";

/** What others may have written: it must never become a part of a page. */
export const EVIL = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
export const SLOW = { timeout: 30_000 };

export interface FrontRow {
  protocolHash: string;
  id: string;
  name: string;
  runId: string;
  objectives: string[];
}

/** A browser before a platform on which three demos were recorded: two methods on two objectives, one on three. */
export interface Opened {
  platform: Platform;
  browser: Browser;
  page: Page;
  /** errors on the console and requests that failed */
  troubles: string[];
  go: (path: string) => Promise<unknown>;
  frontOf: (name: string, objectives?: number) => FrontRow;
  /** one that the recorded "uniarm" answers otherwise when only helpful counts than when only harmless does */
  tellingPrompt: string;
  close: () => Promise<void>;
}

export async function open(): Promise<Opened> {
  const platform = await startPlatform({ flags: ["--no-auth", "--slots", "3"] });
  let browser: Browser | null = null;
  const close = async (): Promise<void> => {
    await browser?.close();
    await platform.stop();
    await platform.remove();
  };
  try {
    const fronts = await recordDemos(platform);
    browser = await openBrowser();
    const page = await browser.context.newPage();
    return {
      platform,
      browser,
      page,
      troubles: troublesOf(page),
      go: (path) => page.goto(`${platform.url}${path}`),
      frontOf: (name, objectives = 2) =>
        fronts.find((front) => front.name === name && front.objectives.length === objectives)!,
      tellingPrompt: await tellingPrompt(join(platform.folder, "a", "generations.jsonl")),
      close,
    };
  } catch (error) {
    await close(); // nobody else could
    throw error;
  }
}

async function recordDemos(platform: Platform): Promise<FrontRow[]> {
  process.env.UNIARM_DATA = platform.folder;
  for (const [name, ...flags] of [["a"], ["b", "--method", "parm"], ["c", "--objectives", "3"]] as const) {
    const output = join(platform.folder, name);
    const { code, stderr } = await runCli(["demo", "--quick", "--json", "--output", output, ...flags]);
    expect(code, stderr).toBe(0);
  }
  return recordedFronts(platform);
}

/** After so little training some prompts are answered alike at either end, and which ones depends on the CPU. */
async function tellingPrompt(path: string): Promise<string> {
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  const answers = lines.map((line) => JSON.parse(line) as { prompt: string; preference: number[]; text: string });
  const textAt = (prompt: string, helpful: number): string =>
    answers.find((answer) => answer.prompt === prompt && answer.preference[0] === helpful)!.text;
  return answers.find(({ prompt }) => textAt(prompt, 1) !== textAt(prompt, 0))!.prompt;
}

/** Of each demo its own front and the base model's. */
async function recordedFronts(platform: Platform): Promise<FrontRow[]> {
  for (const deadline = Date.now() + 30_000; ; await sleep(300)) {
    const { fronts } = await platform.call<{ fronts: FrontRow[] }>("GET", "/api/fronts");
    if (fronts.length === 6) return fronts;
    if (Date.now() > deadline) throw new Error(`${fronts.length} fronts of 6 were recorded`);
  }
}
