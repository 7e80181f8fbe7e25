import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../cli/test/run-cli.ts";
import { startPlatform, type Platform } from "../../cli/test/once/platform/platform.ts";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { findingsOf, troublesOf } from "./page-checks.ts";

const EVIL = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
const DEMOS_MS = 240_000;
const MODEL_MS = 90_000;
const SLOW = { timeout: 30_000 };

interface FrontRow {
  id: string;
  name: string;
  runId: string;
  objectives: string[];
}

/** Three recorded demos: two methods on two objectives, one on three. */
describe.skipIf(CHROMIUM === null)(
  `fronts, comparison, playground and settings in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let platform: Platform;
    let browser: Browser;
    let page: Page;
    let troubles: string[];
    let fronts: FrontRow[];

    beforeAll(async () => {
      platform = await startPlatform({ flags: ["--no-auth", "--slots", "3"] });
      process.env.UNIARM_DATA = platform.folder;
      for (const [name, ...flags] of [["a"], ["b", "--method", "parm"], ["c", "--objectives", "3"]] as const) {
        const { code, stderr } = await runCli([
          "demo",
          "--quick",
          "--json",
          "--output",
          join(platform.folder, name),
          ...flags,
        ]);
        expect(stderr + code).toMatch(/0$/);
      }
      for (const deadline = Date.now() + 30_000; ; await sleep(300)) {
        fronts = (await platform.call<{ fronts: FrontRow[] }>("GET", "/api/fronts")).fronts;
        if (fronts.length === 6) break;
        if (Date.now() > deadline) throw new Error(`${fronts.length} fronts of 6 were recorded`);
      }
      browser = await openBrowser();
      page = await browser.context.newPage();
      troubles = troublesOf(page);
    }, DEMOS_MS);
    afterAll(async () => {
      await browser?.close();
      await platform?.stop();
      await platform?.remove();
    });

    const go = (path: string) => page.goto(`${platform.url}${path}`);
    const frontOf = (name: string, objectives = 2): FrontRow =>
      fronts.find((front) => front.name === name && front.objectives.length === objectives)!;
    const answersPanel = () => page.getByRole("region", { name: /^Answers of/ });

    test("lists fronts, and lays those that are chosen over one another", async () => {
      await go("/fronts");
      await page
        .getByRole("checkbox", { name: /^Choose uniarm/ })
        .last()
        .click();
      await page.getByRole("checkbox", { name: /^Choose parm/ }).click();
      await page.getByRole("link", { name: "Lay over one another" }).click();
      await page.getByRole("heading", { name: "2 fronts" }).waitFor();
      await page.getByRole("img", { name: "front helpful harmless" }).locator("canvas").waitFor();
      const figures = page.getByRole("region", { name: "Figures of the fronts" });
      await figures.getByText("exact optimum", { exact: true }).waitFor();
      expect(await figures.getByRole("row").count()).toBe(4);
      expect(await figures.getByText("0.8694").count()).toBe(1);
    });

    test("a press on a point opens its answers, and the link to it keeps them open", async () => {
      await go(`/fronts/${frontOf("uniarm").id}`);
      const chart = page.getByRole("img", { name: "front helpful harmless" });
      await chart.locator("canvas").waitFor();
      await page
        .getByRole("region", { name: "Figures of the fronts" })
        .getByText("exact optimum", { exact: true })
        .waitFor();
      await pressFirstPoint(frontOf("uniarm").id);
      await answersPanel().getByText("How do I", { exact: false }).first().waitFor();
      expect(page.url()).toContain("point=");
      await page.reload();
      await answersPanel().getByRole("listitem").first().waitFor();
      await page.getByRole("button", { name: "Close the answers" }).click();
      await answersPanel().waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Answers at (1, 0)" }).click();
      await answersPanel()
        .getByText(/^helpful -?[0-9.]+$/)
        .first()
        .waitFor();
    });

    /** Where a front's first point lies on its chart: the axes hold points, intervals, optimum and reference with 6 % of room. */
    async function pressFirstPoint(id: string): Promise<void> {
      interface Point {
        mean: number[];
        low: number[];
        high: number[];
      }
      const { points } = await platform.call<{ points: Point[] }>("GET", `/api/fronts/${id}`);
      const { optimum } = await platform.call<{ optimum: { curve: Point[] } }>("GET", `/api/fronts/${id}/optimum`);
      const reference = [-0.67, -1.25];
      const share = [0, 1].map((axis) => {
        const own = points.flatMap(({ mean, low, high }) => [mean[axis]!, low[axis]!, high[axis]!]);
        const values = [...own, ...optimum.curve.map(({ mean }) => mean[axis]!), reference[axis]!];
        const [least, most] = [Math.min(...values), Math.max(...values)];
        return 0.06 / 1.12 + (points[0]!.mean[axis]! - least) / (most - least) / 1.12;
      });
      const box = (await page.getByRole("img", { name: "front helpful harmless" }).boundingBox())!;
      const [left, right, top, bottom] = [62, 16, 14, 46];
      const x = box.x + left + share[0]! * (box.width - left - right);
      const y = box.y + top + (1 - share[1]!) * (box.height - top - bottom);
      await page.mouse.move(x, y);
      await page.mouse.click(x, y);
    }

    test("does not lay fronts of different protocols over one another, and says what differs", async () => {
      await go(`/fronts?ids=${frontOf("uniarm").id},${frontOf("uniarm", 3).id}`);
      await page.getByRole("heading", { name: "These fronts were measured under different protocols" }).waitFor();
      await page.getByRole("columnheader", { name: "objectives" }).waitFor();
      expect(await page.locator("canvas").count()).toBe(0);
    });

    test("three objectives are three pairs and a triangle, or parallel coordinates", async () => {
      await go(`/fronts/${frontOf("uniarm", 3).id}`);
      await expect.poll(() => page.locator("canvas").count(), SLOW).toBe(4);
      await page.getByRole("button", { name: "Parallel coordinates" }).click();
      await page.getByRole("img", { name: "front in parallel coordinates" }).locator("canvas").waitFor();
      expect(page.url()).toContain("view=parallel");
    });

    test("saves a front as CSV, JSON and SVG", async () => {
      await go(`/fronts/${frontOf("uniarm").id}`);
      await page.getByRole("region", { name: "Figures of the fronts" }).waitFor();
      for (const [name, begins] of [
        ["CSV", "front,method,run"],
        ["JSON", '{\n  "fronts"'],
        ["SVG", "<svg"],
      ] as const) {
        const saving = page.waitForEvent("download");
        await page.getByRole("button", { name, exact: true }).click();
        const stream = await (await saving).createReadStream();
        const text = (await stream.setEncoding("utf8").toArray()).join("");
        expect(text.slice(0, begins.length)).toBe(begins);
      }
    });

    test("compares runs: histories, settings that differ, figures, and a table for a paper", async () => {
      await go(`/compare?runs=${frontOf("uniarm").runId},${frontOf("parm").runId}`);
      await page.getByRole("heading", { name: "Compare 2 runs" }).waitFor();
      await page.getByRole("img", { name: "loss", exact: true }).locator("canvas").waitFor();
      await page.getByRole("tab", { name: "Config" }).click();
      const settings = page.getByRole("region", { name: "Settings that differ" });
      await settings.getByRole("columnheader", { name: "method" }).waitFor();
      expect(await settings.getByText("parm", { exact: true }).count()).toBe(1);
      await page.getByRole("tab", { name: "Summary" }).click();
      await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
      await page.getByRole("button", { name: "Copy the summary" }).click();
      await page.getByRole("menuitem", { name: "As Markdown" }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(
        "| hypervolume | mean inner product |",
      );
      await page.getByRole("tab", { name: "Parallel coordinates" }).click();
      await page.getByRole("img", { name: "runs in parallel coordinates" }).locator("canvas").waitFor();
    });

    test(
      "the playground's answer changes as its slider moves",
      async () => {
        const { runId } = frontOf("uniarm");
        await go(`/playground?checkpoint=${runId}&preferences=0,1&strength=8&prompt=How+do+I+heat+the+mirror%3F`);
        const card = page.getByRole("article", { name: "Preference A" });
        const tokens = card.getByRole("group", { name: /: tokens/ });
        const answered = page.getByText("Answered.", { exact: false }).first();
        await answered.waitFor({ timeout: MODEL_MS });
        const before = await tokens.textContent();
        await card.getByRole("slider").focus();
        await page.keyboard.press("End");
        await page.waitForURL(/preferences=1/);
        await expect.poll(() => tokens.textContent(), { timeout: MODEL_MS }).not.toBe(before);
        await answered.waitFor();
        await card.getByText("Best possible").waitFor();
        await card
          .getByRole("button", { name: /nats against the base/ })
          .nth(2)
          .click();
        await card.getByRole("region", { name: "Token" }).getByText("fused").waitFor();
      },
      MODEL_MS * 2,
    );

    test("a sweep answers at eleven preferences", async () => {
      await page.getByRole("button", { name: "Ask at 11 preferences" }).click();
      const strip = page.getByRole("list", { name: "Answers along the sweep" });
      await expect.poll(() => strip.getByRole("listitem").count(), SLOW).toBe(11);
      await page.getByText("Answered.", { exact: false }).nth(1).waitFor({ timeout: MODEL_MS });
      expect(page.url()).toContain("sweep=0");
    });

    test("prompts are shown as text", async () => {
      await page.getByRole("textbox", { name: "Prompt" }).fill(EVIL);
      await page.keyboard.press("Enter");
      await page.getByText("Answered.", { exact: false }).first().waitFor({ timeout: MODEL_MS });
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    });

    test("a key is shown once as it is made, and can be revoked", async () => {
      await go("/settings");
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByRole("textbox", { name: "Name" }).fill(EVIL);
      await page.getByRole("button", { name: "Make it" }).click();
      const secret = await page.locator("[data-secret]").textContent();
      expect(secret).toMatch(/^uniarm_/);
      await page.getByRole("button", { name: "Done" }).click();
      const row = page.getByRole("row").filter({ hasText: EVIL });
      await row.getByText("valid", { exact: true }).waitFor();
      expect(await page.content()).not.toContain(secret);
      await row.getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await row.getByText("revoked").waitFor();
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    });

    test("a file becomes a dataset", async () => {
      await go("/settings?tab=datasets");
      await page.getByLabel("Files, JSONL as a rule").setInputFiles({
        name: "my prompts.jsonl",
        mimeType: "application/jsonl",
        buffer: Buffer.from('{"id":"a","text":"x"}\n{"id":"b","text":"y"}\n'),
      });
      await page.getByRole("button", { name: "Upload", exact: true }).click();
      const row = page.getByRole("row").filter({ hasText: "my-prompts" });
      await row.getByRole("link", { name: "my_prompts.jsonl" }).waitFor();
      expect(await row.getByRole("cell").nth(1).textContent()).toBe("2");
    });

    test("the retention is changed, and what would go is said before it goes", async () => {
      await go("/settings?tab=storage");
      await page.getByRole("button", { name: "Change the retention of default" }).click();
      await page.getByLabel("Keep all checkpoints").click();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("the newest 2 of each run, its best", { exact: false }).waitFor();
      await page.getByRole("button", { name: "What would go?" }).click();
      await page.getByText(/^0 checkpoints, \d+ files?, /).waitFor();
    });

    test(
      "has no serious finding of axe, light and dark, and nothing scrolls sideways on a phone",
      async () => {
        const [two, three] = [frontOf("uniarm"), frontOf("uniarm", 3)];
        const runs = `${two.runId},${frontOf("parm").runId}`;
        const paths = [
          "/fronts",
          `/fronts/${two.id}?point=3`,
          `/fronts/${three.id}`,
          `/fronts/${three.id}?view=parallel`,
          `/fronts?ids=${two.id},${frontOf("parm").id}`,
          `/fronts?ids=${two.id},${three.id}`,
          ...["", "&view=config", "&view=summary&seeds=true", "&view=parallel"].map(
            (view) => `/compare?runs=${runs}${view}`,
          ),
          "/compare",
          "/playground",
          `/playground?checkpoint=${three.runId}`,
          `/playground?checkpoint=${two.runId}&preferences=0,1;1,0&base=true&prompt=How+do+I+heat+the+mirror%3F&sweep=0`,
          ...["keys", "storage", "health", "models", "datasets", "audit", "about"].map((tab) => `/settings?tab=${tab}`),
        ];
        const findings: string[] = [];
        for (const path of paths) {
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
          const [width, sight] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          if (width > sight) findings.push(`${path} is ${width} px wide on a phone of ${sight} px`);
        }
        expect(findings).toEqual([]);
      },
      DEMOS_MS,
    );

    test("has had no error on the console and no request that failed", () => expect(troubles).toEqual([]));
  },
);
