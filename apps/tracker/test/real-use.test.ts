import { openClient, type Client } from "@uniarm/client";
import { LIMITS, textOfNames } from "@uniarm/core/schema";
import { metricName } from "@uniarm/pipeline/schema";
import { startPlatform, type Platform } from "@uniarm/cli/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { findingsOf, troublesOf } from "./page-checks.ts";

const ZONE = "Asia/Tokyo";
const SLOW = { timeout: 90_000 };
const STARTS_MS = 240_000;
const BEGAN = Date.parse("2026-03-01T15:02:59.250Z"); // March 2, 12:02:59 AM in Tokyo
const ESC = String.fromCharCode(27);
const NAMES = ["acc@1,5", "f1 score", "loss(x=1)", "reward.max", "a..b", "ends.", 'say "hi"', "Größe", "2024"];
const MANY_RUNS = 313;

type Report = Parameters<Client["api"]["work"]["events"]["mutate"]>[0]["events"][number];
type Body<Event> = Event extends unknown ? Omit<Event, "sequence" | "time"> : never;
/** What a run reports so many milliseconds after its start. */
type Reported = Body<Report> & { at?: number };

describe.skipIf(CHROMIUM === null)(
  `runs as people have them, in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let platform: Platform;
    let client: Client;
    let browser: Browser;
    let page: Page;
    let troubles: string[];

    beforeAll(async () => {
      platform = await startPlatform({ flags: ["--no-auth", "--slots", "1"] });
      client = openClient({ url: platform.url });
      browser = await openBrowser({ width: 1280, height: 900, zone: ZONE });
      browser.context.setDefaultTimeout(SLOW.timeout);
      page = await browser.context.newPage();
      troubles = troublesOf(page);
    }, STARTS_MS);
    afterAll(async () => {
      await browser?.close();
      await platform?.stop();
      await platform?.remove();
    }, STARTS_MS);

    const go = (path: string) => page.goto(`${platform.url}${path}`);
    const chart = (name: string) => page.getByRole("img", { name, exact: true });
    let recorded = 0;
    async function record(name: string, reports: readonly Reported[], project = "default"): Promise<string> {
      const run = {
        workerId: "testworker",
        host: "test",
        project,
        externalId: `recorded-${recorded++}`,
        name,
        config: {},
      };
      const { runId, attemptId } = await client.api.work.record.mutate(run);
      const events = reports.map(({ at = 0, ...body }, index) => ({ ...body, sequence: index + 1, time: BEGAN + at }));
      for (let from = 0; from < events.length; from += 2000)
        await client.api.work.events.mutate({
          attemptId: attemptId!,
          events: events.slice(from, from + 2000),
        });
      const end = { end: "SUCCEEDED", reason: "", exit: null, lastSequence: events.length } as const;
      await client.api.work.end.mutate({ attemptId: attemptId!, ...end });
      return runId;
    }
    const metric = (step: number, values: Record<string, number>, at = step * 1000): Reported => ({
      type: "metric",
      step,
      values,
      at,
    });
    async function expectGood(): Promise<void> {
      const findings = await findingsOf(page);
      await page.setViewportSize({ width: 390, height: 844 });
      const excess = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await expect.poll(excess, SLOW).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1280, height: 900 });
      expect(findings).toEqual([]);
    }

    test("metrics of any name are drawn, shown as columns, sorted and filtered", async () => {
      const steps = [0, 1, 2].map((step) => metric(step, Object.fromEntries(NAMES.map((name) => [name, step / 4]))));
      const id = await record("any name", steps);
      await record("other names", [metric(0, { loss: 1 })]);
      await go(`/runs/${id}?tab=metrics&keys=${encodeURIComponent(textOfNames(NAMES))}`);
      for (const name of NAMES) await chart(name).locator("canvas").waitFor();
      await page.getByRole("button", { name: "acc@1,5: show as a table" }).click();
      await page
        .getByRole("region", { name: "acc@1,5", exact: true })
        .getByRole("cell", { name: "0.25" })
        .first()
        .waitFor();

      const columns = encodeURIComponent(NAMES.map(metricName).join(","));
      await go(`/runs?columns=${columns}&sort=${encodeURIComponent(`-${metricName("acc@1,5")}`)}`);
      const table = page.getByRole("table", { name: "Runs" });
      for (const name of NAMES) await table.getByRole("columnheader", { name, exact: true }).waitFor();
      await expect
        .poll(() => table.getByRole("row").nth(1).getByRole("cell", { name: "0.5", exact: true }).count(), SLOW)
        .toBe(NAMES.length);
      for (const name of NAMES) {
        await page.getByLabel("Filter", { exact: true }).fill(`${metricName(name)} > 0.1`);
        await page.keyboard.press("Enter");
        await table.getByRole("link", { name: "any name" }).waitFor();
        await table.getByRole("link", { name: "other names" }).waitFor({ state: "hidden" });
      }
    });

    test("a filter that cannot be read, or is too long, is said under it", async () => {
      const input = page.getByLabel("Filter", { exact: true });
      await input.fill("metric.reward.max > 1");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText('Write metric."reward.max" for it').waitFor();
      await input.fill("x".repeat(LIMITS.filter + 1));
      await page.getByRole("alert").getByText("A filter has at most 2,000 letters").waitFor();
      troubles.splice(0); // the refused filter is one
    });

    test.each(["2024", "true", "null"])("a project can be called %s", async (project) => {
      await record(`of ${project}`, [metric(0, { loss: 1 })], project);
      await go(`/runs?project=${project}`);
      await page.getByRole("link", { name: `of ${project}` }).waitFor();
      await page.reload();
      await page.getByRole("link", { name: `of ${project}` }).waitFor();
    });

    test("more metrics than are drawn, and names that are longer than an address, are said and kept", async () => {
      const long = Array.from({ length: 30 }, (_, index) => `${"long/".repeat(36)}${index}`);
      const id = await record("long names", [
        metric(0, Object.fromEntries(long.map((name) => [name, 1]))),
        metric(1, Object.fromEntries(long.map((name) => [name, 1]))),
      ]);
      await go(`/runs/${id}?tab=metrics`);
      await page.getByRole("button", { name: "Metrics: 6 of 30" }).click();
      for (let more = 7; more <= 14; more++) {
        await page.getByRole("dialog", { name: "Metrics" }).getByRole("checkbox", { checked: false }).first().click();
        await page.getByText(`Metrics: ${more} of 30`).waitFor();
      }
      expect(new URL(page.url()).searchParams.get("keysIn")).toMatch(/^[0-9a-z]{12}$/);
      await page.reload();
      await page.getByRole("button", { name: "Metrics: 14 of 30" }).waitFor();
      await expect.poll(() => page.locator("main canvas").count(), SLOW).toBe(14);

      const many = Array.from({ length: LIMITS.metrics + 13 }, (_, index) => `m${index}`);
      const wide = await record("many metrics", [metric(0, Object.fromEntries(many.map((name) => [name, 1])))]);
      await go(`/runs/${wide}?tab=metrics&keys=${many.join(",")}`);
      await page.getByText("200 are shown at once: the last 13 that were chosen are not.").waitFor();
      await expectGood();
    });

    test(
      `${MANY_RUNS} runs are compared, with the metrics of all of them`,
      async () => {
        const ids: string[] = [];
        for (let from = 0; from < MANY_RUNS; from += 20)
          ids.push(
            ...(await Promise.all(
              Array.from({ length: Math.min(20, MANY_RUNS - from) }, (_, index) =>
                record(`many ${from + index}`, [
                  metric(0, from + index < 4 ? { loss: 1 } : { loss: 1, [`own ${(from + index) % 20}`]: 2 }),
                ]),
              ),
            )),
          );
        const link = { id: "manyrunshere", items: ids };
        await client.api.selections.store.mutate(link);
        await go(`/compare?runsIn=${link.id}`);
        await page.getByRole("heading", { name: `Compare ${MANY_RUNS} runs` }).waitFor();
        await page.getByRole("button", { name: "Metrics: 4 of 21" }).waitFor();
        await chart("loss").locator("canvas").waitFor();
        const over = LIMITS.compared + 1 - ids.length;
        for (let from = 0; from < over; from += 20)
          ids.push(
            ...(await Promise.all(
              Array.from({ length: Math.min(20, over - from) }, (_, index) =>
                record(`over ${from + index}`, [metric(0, { loss: 1 })]),
              ),
            )),
          );
        await client.api.selections.store.mutate({ id: "evenmoreruns", items: ids });
        await go("/compare?runsIn=evenmoreruns");
        await page.getByText(`${LIMITS.compared} of ${ids.length} chosen runs are compared`).waitFor();
        await expectGood();
      },
      STARTS_MS,
    );

    test("notes are kept as a draft, and nobody's are overwritten unseen", async () => {
      const id = await record("noted", [metric(0, { loss: 1 })]);
      await client.api.runs.update.mutate({ id, notes: "first" });
      await go(`/runs/${id}?tab=notes`);
      await page.getByRole("button", { name: "Change" }).click();
      await page.getByLabel("Notes, in Markdown").fill("mine");
      await page.getByRole("tab", { name: "Metrics" }).click();
      await chart("loss").waitFor();
      await page.getByRole("tab", { name: "Notes" }).click();
      await expect.poll(() => page.getByLabel("Notes, in Markdown").inputValue()).toBe("mine");
      await page.reload();
      await expect.poll(() => page.getByLabel("Notes, in Markdown").inputValue()).toBe("mine");

      await client.api.runs.update.mutate({ id, notes: "theirs" }); // another tab, or another person
      await page.getByRole("button", { name: "Save" }).first().click();
      await page.getByText("Somebody saved other notes since you began").waitFor();
      await page.getByText("theirs", { exact: true }).waitFor();
      expect((await client.api.runs.get.query({ id })).notes).toBe("theirs");
      await expectGood();
      await page.getByRole("button", { name: "Save mine in their place" }).click();
      await page.getByRole("button", { name: "Change" }).waitFor();
      expect((await client.api.runs.get.query({ id })).notes).toBe("mine");

      await page.getByRole("button", { name: "Change" }).click();
      await page.getByLabel("Notes, in Markdown").fill("mine again");
      await client.api.runs.update.mutate({ id, notes: "theirs again" });
      await page.getByRole("button", { name: "Save" }).first().click();
      await page.getByRole("button", { name: "Take theirs" }).click();
      await page.getByText("theirs again", { exact: true }).waitFor();
      troubles.splice(0); // a save that is refused is one
    });

    test("a log is shown as a terminal shows it, with the reader's time", async () => {
      const write = (text: string): Reported => ({ type: "log", stream: "stdout", text });
      const bar = Array.from({ length: 51 }, (_, done) => write(`\r${done}/50 done`));
      const id = await record("written", [
        ...bar,
        write("\nthe lo"),
        write("ss is 0.5\n"),
        write(
          `${ESC}[38;5;1mred${ESC}[0m ${ESC}[38;2;0;4;1mdark${ESC}[0m ${ESC}]8;;https://example.org/${ESC}\\link${ESC}]8;;${ESC}\\\n`,
        ),
      ]);
      await go(`/runs/${id}?tab=logs`);
      const log = page.getByRole("log");
      await log.getByText("50/50 done").waitFor();
      await page.getByText("3 lines", { exact: true }).waitFor();
      await expect.poll(() => log.innerText()).not.toContain(ESC);
      expect(await log.getByRole("link", { name: "link" }).getAttribute("href")).toBe("https://example.org/");
      await page.getByLabel("Times").click();
      const time = log.locator("time").first();
      await expect.poll(() => time.textContent()).toMatch(/12:02:59\.250 AM/);
      expect(await time.getAttribute("title")).toContain("GMT+9");
      await expectGood();
      await page.getByLabel("Find in the log").fill("LOSS IS");
      await page.keyboard.press("Enter");
      await page.getByText("1 line found").waitFor();
    });

    test("time begins with a run's first event, and a pause is one", async () => {
      const points = Array.from({ length: 4000 }, (_, step) =>
        metric(step, { loss: 1 }, step * 10 + (step >= 2000 ? 3_600_000 : 0)),
      );
      const id = await record("paused", points);
      const run = await client.api.runs.get.query({ id });
      expect(run.startedAt).toBe(new Date(BEGAN).toISOString());
      const [series] = (await client.api.metrics.history.query({ runs: id, keys: "loss", points: 1000, times: "true" }))
        .series;
      expect(series!.exact).toBe(false);
      await go(`/runs/${id}?tab=metrics&x=time`);
      await chart("loss").locator("canvas").waitFor();
      await page.getByRole("button", { name: "loss: show as a table" }).click();
      const cells = page.getByRole("region", { name: "loss", exact: true }).getByRole("cell");
      await cells.getByText(new Date(BEGAN).toISOString()).first().waitFor();
      const gaps = series!.time!.slice(1).map((ms, at) => ms! - series!.time![at]!);
      expect(Math.max(...gaps)).toBeGreaterThanOrEqual(3_590_000);
      await go(`/runs/${id}`);
      await page.getByText("1 h 0 min").first().waitFor();
    });

    test("dates in a filter are the reader's", async () => {
      const asked = page.waitForRequest((request) => request.url().includes("runs.list"));
      await go("/runs?filter=created%20%3E%202026-01-31");
      expect(decodeURIComponent((await asked).url())).toContain(`"zone":"${ZONE}"`);
      await page.getByRole("link", { name: "paused" }).waitFor();
    });

    test("there was no error on the console and no request that failed", () => expect(troubles).toEqual([]));
  },
);
