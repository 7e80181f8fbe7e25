import { runCli, startPlatform, type Platform } from "@uniarm/cli/testing";
import { openClient } from "@uniarm/client";
import { WORK_PROTOCOL } from "@uniarm/core/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";
import { findingsOf, troublesOf } from "./page-checks.ts";

const MINUTES = 60_000;

describe.skipIf(CHROMIUM === null)(
  `a run that nobody takes, in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let platform: Platform;
    let browser: Browser;

    beforeAll(async () => {
      platform = await startPlatform({ flags: ["--no-worker", "--no-auth"] });
      browser = await openBrowser({ width: 390, height: 800 });
    }, 4 * MINUTES);
    afterAll(async () => {
      await browser?.close();
      await platform?.stop();
      await platform?.remove();
    });

    test(
      "of a playground: its page says that no worker is there to take it, and how to start one",
      async () => {
        const page = await browser.context.newPage();
        const troubles = troublesOf(page);
        await page.goto(`${platform.url}/playground`);
        await page.getByRole("button", { name: "Ask", exact: true }).press("Enter");
        const status = page.getByRole("status").filter({ hasText: "Waiting for a worker" });
        await status
          .filter({ hasText: "No worker is connected. Start one on a machine that answers at once" })
          .waitFor();
        const overflow = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth - clientWidth;
        });
        expect(overflow).toBeLessThanOrEqual(0);
        expect(await findingsOf(page)).toEqual([]);
        expect(troubles).toEqual([]);
      },
      2 * MINUTES,
    );

    test(
      "is said on its own page and by uniarm runs show, until a worker is there that may",
      async () => {
        const page = await browser.context.newPage();
        const troubles = troublesOf(page);
        const client = openClient({ url: platform.url });
        const run = { kind: "sleep" as const, labels: ["gpu", "large"], slots: 2 };
        const { id } = await client.api.runs.launch.mutate(run);
        const show = async (): Promise<string> => (await runCli(["runs", "show", id, "--server", platform.url])).stdout;
        const start = "Start one: uniarm worker --server URL --key KEY --labels gpu,large --slots 2";
        await page.goto(`${platform.url}/runs/${id}`);
        await page.getByText(`No worker is connected. ${start}`).waitFor();
        expect(await show()).toContain(`QUEUED\nNo worker is connected. ${start}\n`);
        expect(await findingsOf(page)).toEqual([]);

        const { version } = await client.api.system.version.query({});
        const box = { id: "worker1", name: "box", host: "box", version, protocol: WORK_PROTOCOL, slots: 2, alive: [] };
        const hello = async (labels: string[]): Promise<unknown> => client.api.work.hello.mutate({ ...box, labels });
        await hello(["gpu"]);
        const sentence = `No worker offers what it asks for (labels gpu, large; 2 slots). ${start}`;
        await page.getByText(sentence).waitFor();
        expect(await show()).toContain(sentence);
        await hello(["gpu", "large"]);
        await page.getByText("No worker").waitFor({ state: "detached" });
        expect(await show()).not.toContain("No worker");
        expect(troubles).toEqual([]);
      },
      2 * MINUTES,
    );
  },
);
