import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT } from "../tooling/chromium.ts";
import { findingsOf } from "./page-checks.ts";
import { compareTests } from "./pages/compare.ts";
import { frontsTests } from "./pages/fronts.ts";
import { open, SLOW, type Opened } from "./pages/opened.ts";
import { pathsOf } from "./pages/paths.ts";
import { playgroundTests } from "./pages/playground.ts";
import { settingsTests } from "./pages/settings.ts";

const DEMOS_MS = 240_000;

describe.skipIf(CHROMIUM === null)(
  `fronts, comparison, playground and settings in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    const opened = {} as Opened; // filled before the first test: all share one platform and one page
    beforeAll(async () => {
      Object.assign(opened, await open());
    }, DEMOS_MS);
    afterAll(() => opened.close?.());

    frontsTests(opened);
    compareTests(opened);
    playgroundTests(opened);
    settingsTests(opened);

    test(
      "has no serious finding of axe, light and dark, and nothing scrolls sideways on a phone",
      async () => {
        const { page, go } = opened;
        const findings: string[] = [];
        for (const path of pathsOf(opened)) {
          await page.emulateMedia({ colorScheme: "light" });
          await page.setViewportSize({ width: 1280, height: 800 });
          await go(path);
          await page.getByRole("heading", { level: 1 }).waitFor();
          await expect.poll(() => page.locator("main [role=status][aria-label=Loading]").count(), SLOW).toBe(0);
          await sleep(500);
          findings.push(...(await findingsOf(page)).map((finding) => `${path} ${finding}`));
          await page.emulateMedia({ colorScheme: "dark" });
          findings.push(...(await findingsOf(page)).map((finding) => `${path}, dark ${finding}`));
          await page.setViewportSize({ width: 390, height: 844 });
          const excess = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          // charts follow the new size when the browser tells them of it
          await expect.poll(excess, { ...SLOW, message: `pixels of ${path} beside a phone` }).toBeLessThanOrEqual(0);
        }
        expect(findings).toEqual([]);
      },
      DEMOS_MS,
    );

    test("has had no error on the console and no request that failed", () => expect(opened.troubles).toEqual([]));
  },
);
