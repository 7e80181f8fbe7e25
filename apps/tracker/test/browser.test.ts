import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startPlatform, untilRun, type Platform } from "@uniarm/cli/testing";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { findingsOf, troublesOf } from "./page-checks.ts";

const EVIL = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
const DIST = join(import.meta.dirname, "..", "dist");
const STARTS_MS = 60_000;
const STUDY_MS = 150_000;

/** The user of a new installation: an empty database, a browser that was never here. */
describe.skipIf(CHROMIUM === null)(
  `the dashboard in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let platform: Platform;
    let browser: Browser;
    let page: Page;
    let troubles: string[];

    beforeAll(async () => {
      platform = await startPlatform({ flags: ["--slots", "2"] });
      browser = await openBrowser();
      page = await browser.context.newPage();
      troubles = troublesOf(page);
    }, STARTS_MS * 2);
    afterAll(async () => {
      await browser?.close();
      await platform?.stop();
      await platform?.remove();
    });

    const go = (path: string) => page.goto(`${platform.url}${path}`);
    const idOfPage = (): string => /\/runs\/([0-9a-z]+)/.exec(page.url())![1]!;
    const badge = (state: string) =>
      page.getByRole("banner").last().or(page.locator("main header")).getByText(state, { exact: true });

    test("asks for a key, and keeps it nowhere but in a cookie that no script reads", async () => {
      await go("/runs"); // whoever is not logged in is asked for a key first
      await page.getByLabel("Key").fill(platform.adminKey!);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
      const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);
      expect(kept).not.toContain(platform.adminKey);
      const cookies = await browser.context.cookies();
      expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, "Strict"]]);
    });

    test("is React's production build, whoever had it built, and small before its charts are loaded", async () => {
      const loading = await browser.context.newPage();
      const asked = new Set<string>();
      loading.on("response", (answer) => void asked.add(new URL(answer.url()).pathname));
      await loading.goto(platform.url);
      await loading.getByRole("heading", { level: 1 }).waitFor();
      await loading.waitForLoadState("networkidle");
      await loading.close();
      const files = [...asked].filter((path) => /\.(js|css)$/.test(path)).map((path) => join(DIST, path));
      expect(files.length).toBeGreaterThan(3);
      expect(files.reduce((sum, file) => sum + statSync(`${file}.gz`).size, 0)).toBeLessThan(350_000);
      const scripts = files.filter((file) => file.endsWith(".js")).map((file) => readFileSync(file, "utf8"));
      expect(scripts.some((text) => text.includes("createRoot"))).toBe(true);
      expect(scripts.some((text) => text.includes("react_stack_bottom_frame"))).toBe(false); // only the development build has it
    });

    test("launches a study with one click when nothing is there, and follows it to its fronts", async () => {
      await go("/");
      await page.getByRole("heading", { name: "Nothing has run in this project yet" }).waitFor();
      await page.getByRole("button", { name: "Launch Quick check" }).click();
      await page.waitForURL(/\/runs\/[0-9a-z]+/);
      await page.getByRole("heading", { name: "quick", exact: true }).waitFor();
      await badge("running").first().waitFor();
      await badge("succeeded").first().waitFor({ timeout: STUDY_MS });
      await page.getByRole("heading", { name: "Fronts" }).waitFor();
      await expect
        .poll(() => page.getByRole("region", { name: "Fronts of this run" }).getByRole("row").count())
        .toBe(3);
      const methods = page.getByRole("region", { name: "Methods of this study" });
      await expect
        .poll(() =>
          methods
            .getByRole("rowheader")
            .or(methods.getByRole("cell", { name: /^(base|uniarm)$/ }))
            .count(),
        )
        .toBe(2);
      await page.getByRole("region", { name: "Differences between methods" }).getByText("base – uniarm").waitFor();
    });

    test("draws a run's metrics, as a chart and as a table", async () => {
      await page.getByRole("link", { name: /uniarm\/train/ }).click();
      await page.getByRole("tab", { name: "Metrics" }).click();
      await page.getByRole("img", { name: "loss", exact: true }).locator("canvas").waitFor();
      expect(page.url()).toContain("tab=metrics");
      await page.getByRole("button", { name: "loss: show as a table" }).click();
      await page
        .getByRole("region", { name: "loss", exact: true })
        .getByRole("cell", { name: "20", exact: true })
        .first()
        .waitFor();
    });

    test("launches from the form, cancels in the middle and resumes from where it was", async () => {
      await go("/launch?kind=sleep");
      await page.getByLabel("Steps", { exact: true }).fill("0");
      await page.getByText("Too small", { exact: false }).first().waitFor();
      await page.getByLabel("Steps", { exact: true }).fill("300");
      await page.getByLabel("Step in ms").fill("50");
      await page.getByRole("textbox", { name: "Config as JSON" }).getByText("300").waitFor();
      await page.getByRole("button", { name: "Launch", exact: true }).click();
      await page.waitForURL(/\/runs\/[0-9a-z]+/);
      await badge("running").first().waitFor({ timeout: STARTS_MS });
      const id = idOfPage();
      await untilRun(platform, id, ({ checkpoints }) => checkpoints.length > 1);
      await page.getByRole("button", { name: "Cancel" }).click();
      await badge("cancelled").first().waitFor({ timeout: STARTS_MS });
      await page.getByRole("button", { name: "Resume" }).click();
      await badge("running").first().waitFor({ timeout: STARTS_MS });
      await page
        .getByRole("region", { name: "Attempts" })
        .getByText(/^step \d+$/)
        .waitFor();
      await badge("succeeded").first().waitFor({ timeout: STARTS_MS });
      expect((await untilRun(platform, id)).attempts.map(({ state }) => state)).toEqual(["CANCELLED", "SUCCEEDED"]);
      await page.getByText("in 2 attempts").waitFor(); // what both took is its cost
      await page.getByRole("link", { name: "over time" }).click();
      await page.getByRole("img", { name: "system/memoryMb" }).locator("canvas").waitFor();
    });

    test("says what a launch is likely to take, and remembers what it was cloned from", async () => {
      const { runs } = await platform.call<{ runs: { id: string }[] }>("GET", "/api/runs?filter=kind%20=%20sleep");
      await go(`/launch?clone=${runs[0]!.id}`);
      const estimate = page.locator("section").filter({ has: page.getByRole("heading", { name: "Likely to take" }) });
      await estimate.getByText(/^about [0-9.]+ s of work \(/).waitFor();
      await estimate.getByText(/^up to [0-9.]+ MB in a process$/).waitFor();
      await page.getByLabel("Steps", { exact: true }).fill("1");
      await page.getByRole("button", { name: "Launch", exact: true }).click();
      await page.waitForURL(/\/runs\/[0-9a-z]+/);
      await page.getByText("Cloned from").waitFor();
      await go("/launch?kind=decode");
      await estimate.getByText("Known once the config can be launched.").waitFor();
    });

    test("shows what others wrote as text", async () => {
      const { id } = await platform.call<{ id: string }>("POST", "/api/runs", {
        kind: "sleep",
        name: EVIL,
        notes: `${EVIL} [a](javascript:window.hacked=1)`,
        tags: [EVIL],
        config: { steps: 1, stepMs: 0, keys: [EVIL] },
      });
      await untilRun(platform, id);
      await go("/runs");
      await page.getByRole("link", { name: EVIL }).waitFor();
      for (const tab of ["overview", "metrics", "config", "logs", "events", "notes"]) {
        await go(`/runs/${id}?tab=${tab}`);
        await page.getByRole("heading", { name: EVIL }).waitFor();
      }
      await page.getByText("<script>", { exact: false }).first().waitFor();
      expect(await page.locator("a[href^=javascript]").count()).toBe(0);
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    });

    test("has all of a view in its URL: filter, sort, columns", async () => {
      await go("/runs?columns=state,config.steps&sort=-config.steps");
      await page.getByLabel("Filter", { exact: true }).fill("kind = sleep");
      await page.keyboard.press("Enter");
      await page.waitForURL(/filter=/);
      const rows = page.getByRole("table", { name: "Runs" }).getByRole("row");
      await expect.poll(() => rows.count()).toBe(4);
      await page.reload();
      await expect.poll(() => rows.count()).toBe(4);
      await expect.poll(() => rows.nth(1).getByRole("cell", { name: "300", exact: true }).count()).toBe(1);
    });

    test("has no serious finding of axe on any page, light and dark, and none scrolls sideways on a phone", async () => {
      const first = async (path: string): Promise<string> => {
        const answer = await platform.call<Record<string, { id: string }[]>>("GET", `/api/${path}`);
        return Object.values(answer)[0]![0]!.id;
      };
      const study = await first("runs?filter=kind%20=%20study");
      const train = await first("runs?filter=kind%20=%20train");
      const tabs = ["overview", "metrics", "config", "logs", "files", "events", "notes"];
      const paths = [
        "/",
        "/launch",
        `/launch?template=${STUDY_TEMPLATES[0]!.name}`,
        "/launch?kind=train",
        "/runs?group=kind",
        `/runs/${study}`,
        ...tabs.map((tab) => `/runs/${train}?tab=${tab}`),
        `/compare?runs=${study},${train}`,
        "/fronts",
        `/fronts/${await first("fronts")}`,
        "/playground",
        "/settings",
        "/nowhere",
      ];
      const findings: string[] = [];
      for (const path of paths) {
        await page.emulateMedia({ colorScheme: "light" });
        await page.setViewportSize({ width: 1280, height: 800 });
        await go(path);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await expect.poll(() => page.locator(".animate-pulse").count()).toBe(0); // nothing is waited for
        findings.push(...(await findingsOf(page)).map((finding) => `${path} ${finding}`));
        await page.emulateMedia({ colorScheme: "dark" });
        findings.push(...(await findingsOf(page)).map((finding) => `${path}, dark ${finding}`));
        await page.setViewportSize({ width: 390, height: 844 });
        const fits = (): boolean => document.documentElement.scrollWidth <= innerWidth;
        await page
          .waitForFunction(fits, undefined, { timeout: 3000 })
          .catch(() => findings.push(`${path} scrolls sideways`));
      }
      await page.setViewportSize({ width: 1280, height: 800 });
      expect(findings).toEqual([]);
    });

    test("has had no error on the console and no request that failed", () => expect(troubles).toEqual([]));

    test("says that the server is away, and goes on when it is back", async () => {
      const other = await browser.context.newPage(); // here requests fail, as they must
      await other.goto(`${platform.url}/runs`);
      await other.getByRole("heading", { name: "Runs", exact: true }).waitFor();
      process.kill(platform.pids.api!, "SIGKILL");
      await other.getByText("reconnecting").waitFor();
      await other.getByText("reconnecting").waitFor({ state: "hidden" });
      const { id } = await platform.insist<{ id: string }>("POST", "/api/runs", {
        kind: "sleep",
        name: "after the restart",
        config: { steps: 1, stepMs: 0 },
      });
      await other.getByRole("link", { name: "after the restart" }).waitFor();
      await untilRun(platform, id);
      await other.close();
    });

    test("ends the session", async () => {
      await go("/");
      await page.getByRole("button", { name: /^Account/ }).click();
      await page.getByRole("menuitem", { name: "Log out" }).click();
      await page.getByLabel("Key").waitFor();
      await page.getByLabel("Key").fill("uniarm_wrong");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("The key is not valid").waitFor();
      expect(await browser.context.cookies()).toEqual([]);
    });
  },
);
