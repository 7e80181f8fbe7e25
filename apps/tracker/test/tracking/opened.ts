import { openClient, type Client } from "@uniarm/client";
import { runCli, startPlatform, type Finished, type Platform } from "@uniarm/cli/testing";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { openBrowser, type Browser } from "../../tooling/chromium.ts";
import { findingsOf, troublesOf } from "../page-checks.ts";

export const SLOW = { timeout: 60_000 };
export const ZONE = "Asia/Tokyo";

/** One platform with a worker, one browser before it: all tests of a file share them. */
export interface Opened {
  platform: Platform;
  client: Client;
  browser: Browser;
  page: Page;
  /** errors on the console and requests that failed */
  troubles: string[];
  go: (path: string) => Promise<unknown>;
  /** the command line against that server */
  cli: (...args: string[]) => Promise<Finished>;
  /** No serious finding of axe, light and dark, and nothing beside a phone's 390 pixels. */
  expectGood: () => Promise<void>;
  /** A picture of the page for people, where UNIARM_SHOTS names a folder. */
  shot: (name: string) => Promise<void>;
  close: () => Promise<void>;
}

export async function open(environment: Record<string, string> = {}, flags: string[] = []): Promise<Opened> {
  const platform = await startPlatform({
    flags: ["--no-auth", "--slots", "2", "--allow-private-webhooks", ...flags],
    environment,
  });
  let browser: Browser | null = null;
  const close = async (): Promise<void> => {
    await browser?.close();
    await platform.stop();
    await platform.remove();
  };
  try {
    browser = await openBrowser({ width: 1280, height: 900, zone: ZONE });
    browser.context.setDefaultTimeout(SLOW.timeout);
    const page = await browser.context.newPage();
    return {
      platform,
      browser,
      page,
      close,
      client: openClient({ url: platform.url }),
      troubles: troublesOf(page),
      go: (path) => page.goto(`${platform.url}${path}`),
      cli: (...args) => runCli([...args, "--server", platform.url]),
      expectGood: () => expectGood(page),
      shot: async (name) => {
        const folder = process.env.UNIARM_SHOTS;
        if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
      },
    };
  } catch (error) {
    await close(); // nobody else could
    throw error;
  }
}

async function expectGood(page: Page): Promise<void> {
  await expect.poll(() => page.locator("main .animate-pulse").count(), SLOW).toBe(0);
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findingsOf(page), colorScheme).toEqual([]);
  }
  const { width, height } = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  const excess = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await expect.poll(excess, { ...SLOW, message: "pixels beside a phone" }).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width, height });
}
