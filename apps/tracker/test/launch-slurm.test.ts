import { startPlatform, type Platform } from "@uniarm/cli/testing";
import { openClient, type Client } from "@uniarm/client";
import { WORK_PROTOCOL } from "@uniarm/core/schema";
import { offerOf, Site } from "@uniarm/slurm/schema";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { findingsOf, troublesOf } from "./page-checks.ts";

const MINUTES = 60_000;
const SITE = Site.parse({
  job: { partition: "main", cpus: 4, memory: "16G", time: "2:00:00" },
  kinds: { train: { gres: "gpu:1", time: "8:00:00" } },
  projects: { safety: { account: "align" } },
  labels: { large: { gres: "gpu:a100:4", lines: ["--export=TOKEN=tok-4711"] } },
  setup: ["export TOKEN=tok-4711"],
});

const panelOf = (page: Page): Locator =>
  page.locator("section").filter({ has: page.getByRole("heading", { name: "In Slurm", exact: true }) });

describe.skipIf(CHROMIUM === null)(
  `a launch that a worker would give to Slurm, in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let platform: Platform;
    let browser: Browser;
    let client: Client;
    let page: Page;

    /** A worker on a login node, as the server hears it. */
    const hello = async (id: string, name: string, labels: string[]): Promise<unknown> => {
      const { version } = await client.api.system.version.query({});
      const about = { id, name, host: name, version, protocol: WORK_PROTOCOL, labels, slots: 1000, alive: [] };
      const cluster = { launcher: "slurm", cannotRun: ["playground" as const], offer: offerOf(SITE) };
      return client.api.work.hello.mutate({ ...about, ...cluster });
    };

    beforeAll(async () => {
      platform = await startPlatform({ flags: ["--no-auth"] });
      client = openClient({ url: platform.url });
      browser = await openBrowser({ width: 1440, height: 1000 });
      page = await browser.context.newPage();
    }, 4 * MINUTES);
    afterAll(async () => {
      await browser?.close();
      await platform?.stop();
      await platform?.remove();
    });

    test(
      "says jobs, what they ask for and their hours, beside what such runs took; a label and a project change that",
      async () => {
        const troubles = troublesOf(page);
        const { id } = await client.api.runs.launch.mutate({ kind: "sleep", config: { steps: 2, stepMs: 1 } });
        const stateOf = async (): Promise<string> => (await client.api.runs.get.query({ id })).state;
        await expect.poll(stateOf, { timeout: MINUTES }).toBe("SUCCEEDED");
        await hello("loginnode1", "login-one", ["large"]);
        await page.goto(`${platform.url}/launch?kind=sleep`);
        const panel = panelOf(page);
        await panel.getByText("By the worker login-one.").waitFor();
        await panel.getByText("1 job in 1 submission: at most 2 hours of jobs.").waitFor();
        await panel.getByText("may take it as well, without Slurm: a label that only login-one offers").waitFor();
        const cells = (): Promise<string[]> => panel.getByRole("cell").allInnerTexts();
        await expect.poll(cells).toEqual([
          "1",
          "sleep",
          "1",
          "–",
          "partition main, cpus 4, memory 16G, time 2:00:00",
          "2",
          "0",
          expect.stringMatching(/^[\d.e-]+$/), // hours that the one which ended took
          expect.any(String),
        ]);

        await page.getByText("A worker must offer all of these. Offered: large.").waitFor();
        await page.getByRole("textbox", { name: "Labels", exact: true }).fill("large");
        await page.getByRole("textbox", { name: "Project", exact: true }).fill("safety");
        await panel.getByText("at most 2 hours of jobs and 8 GPU hours").waitFor();
        await panel.getByText("time 2:00:00, account align, gres gpu:a100:4, further options, list 1").waitFor();
        expect(await page.content()).not.toContain("tok-4711");
        expect(await findingsOf(page)).toEqual([]);

        await page.getByRole("textbox", { name: "Labels", exact: true }).fill("huge");
        await panel.getByText("No worker for Slurm offers huge together. Offered: large (login-one).").waitFor();
        expect(troubles).toEqual([]);
      },
      2 * MINUTES,
    );

    test(
      "is counted for a whole study, by the worker that one chooses",
      async () => {
        await hello("loginnode1", "login-one", ["large"]);
        await hello("loginnode2", "login-two", []);
        await page.goto(`${platform.url}/launch?template=quick`);
        const panel = panelOf(page);
        const choice = panel.getByRole("combobox", { name: "Worker for Slurm" });
        await choice.press("Enter");
        await page.getByRole("option", { name: "login-two" }).press("Enter");
        await expect.poll(async () => choice.innerText()).toBe("login-two");
        const training = panel.getByRole("row").filter({ has: page.getByRole("cell", { name: "train", exact: true }) });
        await training.first().getByText("gres gpu:1").waitFor();
        expect(await findingsOf(page)).toEqual([]);
      },
      2 * MINUTES,
    );

    test(
      "follows from what stands at the worker, which the page of the server's health shows",
      async () => {
        await hello("loginnode1", "login-one", ["large"]);
        await page.goto(`${platform.url}/settings?tab=health`);
        const row = page.getByRole("row").filter({ hasText: "login-one" });
        await row.getByText("Slurm: partition main, cpus 4, memory 16G, time 2:00:00").press("Enter");
        await row.getByText("large: gres gpu:a100:4, further options, list 1").waitFor();
        expect(await page.content()).not.toContain("tok-4711");
        expect(await findingsOf(page)).toEqual([]);
      },
      2 * MINUTES,
    );
  },
);
