import { readFile } from "node:fs/promises";
import { runCli, startPlatform, type Platform, type RunView } from "@uniarm/cli/testing";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunRow } from "../src/api/types.ts";
import { rowsOf, type ListRow, type StudyRuns } from "../src/pages/run-list/rows.ts";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { findingsOf, troublesOf } from "./page-checks.ts";

const STARTS_MS = 240_000;
const SLOW = { timeout: 60_000 };

describe("rows of the list", () => {
  const run = (id: string, kind: string): RunRow => ({ id, kind, name: id, createdAt: "2026-01-01" }) as RunRow;
  const [study, single] = [run("study", "study"), run("single", "train")];
  const inside = (more: Partial<StudyRuns> = {}) =>
    new Map([["study", { runs: [run("a", "train"), run("b", "decode")], isPending: false, hasMore: false, ...more }]]);
  const shown = (rows: readonly ListRow[]): string[] =>
    rows.map((row) => {
      if (row.type === "group") return `[${row.name} ${row.count}]`;
      if (row.type === "note") return `(${row.says})`;
      return `${row.below === null ? "" : `${row.below}/`}${row.run.id}${row.isOpen === null ? "" : row.isOpen ? " -" : " +"}`;
    });

  test.each([
    ["closed", new Map(), ["study +", "single"]],
    ["open", inside(), ["study -", "study/a", "study/b", "single"]],
    [
      "open, with more than are given at once",
      inside({ hasMore: true }),
      ["study -", "study/a", "study/b", "(more)", "single"],
    ],
    ["open, on their way", inside({ runs: [], isPending: true }), ["study -", "(loading)", "single"]],
    ["open, without runs", inside({ runs: [] }), ["study -", "(none)", "single"]],
    ["beside all runs that are inside of studies", null, ["study", "single"]],
  ])("have the runs of a study below it: %s", (_, open, expected) => {
    expect(shown(rowsOf([study, single], "none", open))).toEqual(expected);
  });

  test("have the runs of a study in its group, and do not count them there", () => {
    expect(shown(rowsOf([single, study], "kind", inside()))).toEqual([
      "[train 1]",
      "single",
      "[study 1]",
      "study -",
      "study/a",
      "study/b",
    ]);
  });
});

describe.skipIf(CHROMIUM === null)(
  `runs inside of studies, in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let platform: Platform;
    let browser: Browser;
    let page: Page;
    let troubles: string[];
    let study: RunView;

    beforeAll(async () => {
      platform = await startPlatform({ flags: ["--no-auth", "--no-worker"] });
      const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
      const launched = { kind: "study", name: "my study", config };
      const { id } = await platform.call<{ id: string }>("POST", "/api/runs", launched);
      study = await platform.call<RunView>("GET", `/api/runs/${id}`);
      await platform.call("POST", "/api/runs", { kind: "sleep", name: "alone" });
      browser = await openBrowser({ width: 1280, height: 900 });
      browser.context.setDefaultTimeout(SLOW.timeout);
      page = await browser.context.newPage();
      troubles = troublesOf(page);
    }, STARTS_MS);
    afterAll(async () => {
      await browser?.close();
      await platform?.stop();
      await platform?.remove();
    }, STARTS_MS);

    const table = () => page.getByRole("table", { name: "Runs" });
    const names = () => table().locator("[data-index] a").allTextContents();
    const opener = () => table().getByRole("button", { name: "Runs of my study" });
    const isFocused = (name: string) =>
      page.waitForFunction((text) => document.activeElement?.textContent === text, name, SLOW);

    test("a study is opened and closed in its place; the address keeps which are open", async () => {
      await page.goto(`${platform.url}/runs`);
      await opener().waitFor();
      expect(await names()).toEqual(["alone", "my study"]);
      await opener().click();
      const inside = study.children.map(({ name }) => name);
      expect(inside.length).toBeGreaterThan(3);
      await expect.poll(names, SLOW).toEqual(["alone", "my study", ...inside]);
      await expect.poll(() => opener().getAttribute("aria-expanded")).toBe("true");
      expect(new URL(page.url()).searchParams.get("open")).toBe(study.id);
      await page.reload();
      await expect.poll(names, SLOW).toEqual(["alone", "my study", ...inside]);
      await page.getByLabel(`Choose ${inside[0]!}`, { exact: true }).check();
      await page.getByLabel(`Choose ${inside[1]!}`, { exact: true }).check();
      await page.getByText("2 chosen").waitFor();
      await opener().click();
      await expect.poll(names, SLOW).toEqual(["alone", "my study"]);
      expect(await page.getByText("2 chosen").count()).toBe(0); // nothing is done with what is not in sight
    });

    test("keys go through the tree: right opens, down and up pass through, left goes back and closes", async () => {
      await page.goto(`${platform.url}/runs`);
      await table().getByRole("link", { name: "my study", exact: true }).focus();
      await page.keyboard.press("ArrowRight");
      await expect.poll(async () => (await names()).length, SLOW).toBe(2 + study.children.length);
      await page.keyboard.press("ArrowDown");
      await isFocused(study.children[0]!.name);
      await page.keyboard.press("ArrowDown");
      await isFocused(study.children[1]!.name);
      await page.keyboard.press("ArrowLeft");
      await isFocused("my study");
      await page.keyboard.press("ArrowUp");
      await isFocused("alone");
      await page.keyboard.press("ArrowUp"); // the first
      await page.keyboard.press("ArrowDown");
      await isFocused("my study");
      await page.keyboard.press("ArrowLeft");
      await expect.poll(names, SLOW).toEqual(["alone", "my study"]);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Shift+Tab");
      await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Runs of my study");
      await page.keyboard.press("Enter");
      await expect.poll(async () => (await names()).length, SLOW).toBe(2 + study.children.length);
    });

    test("a filter that fits only runs inside of studies says so, and shows them", async () => {
      const trained = study.children.filter(({ name }) => name.endsWith("/train")).map(({ name }) => name);
      await page.goto(`${platform.url}/runs?filter=${encodeURIComponent("kind = train")}`);
      await page.getByRole("heading", { name: "No run outside of studies fits." }).waitFor();
      const many = trained.length === 1 ? "1 run" : `${trained.length} runs`;
      await page.getByText(`${many} inside of studies fit.`).waitFor();
      expect(await findingsOf(page)).toEqual([]);
      await page.getByRole("button", { name: "Show the runs inside of studies" }).click();
      await expect.poll(async () => (await names()).toSorted(), SLOW).toEqual(trained.toSorted());
      await table().getByText("in my study").first().waitFor();
      await page.goto(`${platform.url}/runs?filter=${encodeURIComponent("state = WAITING,QUEUED,RUNNING")}`);
      await page.getByText(/runs inside of studies fit, too/).waitFor();
      await page.getByRole("button", { name: "Show them" }).click();
      await expect.poll(async () => (await names()).length, SLOW).toBe(2 + study.children.length);
      await page.goto(`${platform.url}/runs?filter=nowhere`);
      await page.getByRole("heading", { name: "No run fits." }).waitFor();
    });

    test("the list is saved as CSV: all that the filter finds, with the columns that are shown", async () => {
      const query = `filter=${encodeURIComponent("kind = train")}&children=true&columns=state,config.optimizer.steps`;
      await page.goto(`${platform.url}/runs?${query}`);
      const link = page.getByRole("link", { name: "CSV", exact: true });
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      expect(download.suggestedFilename()).toBe("runs.csv");
      const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
      expect(lines[0]).toMatch(/^id,name,study,.*,config\.optimizer\.steps$/);
      const trained = study.children.filter(({ name }) => name.endsWith("/train"));
      expect(lines.slice(1).map((line) => line.split(",").slice(0, 3))).toEqual(
        trained.map(({ id, name }) => [id, name, "my study"]),
      );
      const printed = await runCli(["runs", "ls", "kind = train", "--children", "--csv", "--server", platform.url]);
      expect(printed.stdout.split("\r\n").slice(1, -1)).toHaveLength(trained.length);
    });

    test("an open study has no serious finding of axe, light and dark, and does not scroll a phone sideways", async () => {
      await page.goto(`${platform.url}/runs?open=${study.id}`);
      await expect.poll(async () => (await names()).length, SLOW).toBe(2 + study.children.length);
      await expect.poll(() => page.locator(".animate-pulse").count(), SLOW).toBe(0);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await findingsOf(page)).toEqual([]);
      }
      await page.setViewportSize({ width: 390, height: 844 });
      const excess = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await expect.poll(excess, SLOW).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1280, height: 900 });
    });

    test("has had no error on the console and no request that failed", () => expect(troubles).toEqual([]));
  },
);
