import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startPlatform, untilRun, type Platform } from "@uniarm/cli/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";

const TABS = 12;
const SLOW = { timeout: 90_000 };
const STARTS_MS = 300_000;

/** Stands before the server and counts the streams that are open. */
interface Counter {
  url: string;
  open: () => number;
  most: () => number;
  forget: () => void;
  close: () => void;
}

async function counting(target: string): Promise<Counter> {
  const { hostname, port } = new URL(target);
  const streams = new Set<object>();
  let most = 0;
  const server: Server = createServer((asked, answer) => {
    const options = { hostname, port, path: asked.url, method: asked.method, headers: asked.headers };
    const passed = request(options, (given) => {
      answer.writeHead(given.statusCode!, given.headers);
      given.pipe(answer);
      if (given.headers["content-type"]?.startsWith("text/event-stream")) {
        streams.add(given);
        most = Math.max(most, streams.size);
        given.on("close", () => streams.delete(given));
      }
      given.on("error", () => answer.destroy());
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => streams.size,
    most: () => most,
    forget: () => {
      most = streams.size;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe.skipIf(CHROMIUM === null)(`many tabs of one browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`, () => {
  let platform: Platform;
  let counter: Counter;
  let browser: Browser;
  let run: string;
  const pages: Page[] = [];

  beforeAll(async () => {
    platform = await startPlatform({ flags: ["--no-auth", "--slots", "1"] });
    counter = await counting(platform.url);
    browser = await openBrowser();
    const { id } = await platform.call<{ id: string }>("POST", "/api/runs", {
      kind: "sleep",
      name: "long",
      config: { steps: 100_000, stepMs: 500, checkpointEvery: 4 },
    });
    run = id;
    await untilRun(platform, run, ({ checkpoints }) => checkpoints.length > 0);
  }, STARTS_MS);
  afterAll(async () => {
    await browser?.close();
    counter?.close();
    await platform?.stop();
    await platform?.remove();
  }, STARTS_MS);

  const numbersOf = (page: Page): Promise<number[]> =>
    page
      .getByRole("region", { name: "Events, newest first" })
      .locator("tbody tr td:first-child")
      .allTextContents()
      .then((texts) => texts.map(Number));
  const newestOf = async (page: Page): Promise<number> => Math.max(0, ...(await numbersOf(page)));
  /** What is listed is all that happened since the first of it, each once, as the server has it. */
  async function expectWhole(page: Page): Promise<void> {
    const shown = (await numbersOf(page)).toReversed();
    const answer = await fetch(
      `${platform.url}/trpc/runs.changes?input=${encodeURIComponent(JSON.stringify({ id: run, lastEventId: 0 }))}`,
    );
    const numbers: number[] = [];
    let rest = "";
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + part).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const change = /^data: (.*"sequence".*)$/.exec(line)?.[1];
        if (change === undefined) continue;
        const { type, sequence } = JSON.parse(change) as { type: string; sequence: number };
        if (!["metrics", "log", "progress"].includes(type)) numbers.push(sequence);
      }
      if ((numbers.at(-1) ?? 0) >= shown.at(-1)!) break;
    }
    expect(shown).toEqual(numbers.filter((number) => number <= shown.at(-1)!));
  }
  const all = <T>(work: (page: Page) => Promise<T>): Promise<T[]> => Promise.all(pages.map(work));
  /** Every page hears of what happens from now on. */
  async function expectLive(some: readonly Page[] = pages): Promise<void> {
    const known = Math.max(...(await Promise.all(some.map(newestOf))));
    for (const page of some) await expect.poll(() => newestOf(page), SLOW).toBeGreaterThan(known);
  }
  /** When what is followed changes, the next stream may be open before the server has seen the end of the last. */
  async function expectOneStream(): Promise<void> {
    await expect.poll(counter.open, SLOW).toBe(1);
    expect(counter.most()).toBeLessThanOrEqual(2);
    counter.forget();
  }
  const setShown = (page: Page, state: "visible" | "hidden"): Promise<void> =>
    page.evaluate((now) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);

  test(
    `${TABS} tabs of a run are live over one stream`,
    async () => {
      for (let tab = 0; tab < TABS; tab++) {
        const page = await browser.context.newPage();
        pages.push(page);
        await page.goto(`${counter.url}/runs/${run}?tab=events`);
        await page.getByRole("region", { name: "Events, newest first" }).waitFor(SLOW);
      }
      await expectLive();
      await expectOneStream();
      await all(expectWhole);
    },
    STARTS_MS,
  );

  test("the first tab is closed, and the others go on without loss or doubling", async () => {
    await pages.shift()!.close();
    await expectLive();
    await all(expectWhole);
  });

  test("hidden tabs let the stream go, and catch up when they are shown", async () => {
    for (const page of pages) await setShown(page, "hidden");
    await expect.poll(counter.open, SLOW).toBe(0);
    const before = await newestOf(pages[0]!);
    const { checkpoints } = await untilRun(platform, run, () => true);
    await untilRun(platform, run, (now) => now.checkpoints.length > checkpoints.length + 3);
    expect(await newestOf(pages[0]!)).toBe(before);
    for (const page of pages) await setShown(page, "visible");
    await expectLive();
    await all(expectWhole);
    await expectOneStream();
  });

  test("the server is killed and starts again, and all resume", async () => {
    process.kill(platform.pids.api!, "SIGKILL");
    await pages[0]!.getByText("reconnecting").waitFor(SLOW);
    await pages[0]!.getByText("reconnecting").waitFor({ state: "hidden", ...SLOW });
    await expectLive();
    await all(expectWhole);
    await expectOneStream();
  });

  test("a page that has waited long for an answer says so", async () => {
    const page = await browser.context.newPage();
    await page.route("**/trpc/runs.get*", () => undefined); // never answered
    await page.goto(`${counter.url}/runs/${run}`);
    await page.getByText("A request has waited for more than 10 s").waitFor(SLOW);
    await page.close();
  });

  test("a browser without shared workers has one stream a page, and hidden pages none", async () => {
    for (const page of pages.splice(2)) await page.close();
    for (const page of pages) {
      await page.addInitScript(() => Reflect.deleteProperty(globalThis, "SharedWorker"));
      await page.reload();
      await page.getByRole("region", { name: "Events, newest first" }).waitFor(SLOW);
    }
    await expectLive();
    expect(counter.open()).toBe(2);
    await setShown(pages[0]!, "hidden");
    await expect.poll(counter.open, SLOW).toBe(1);
    await expectLive([pages[1]!]);
  });
});
