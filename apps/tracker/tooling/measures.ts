import { LONG_KEY, PROJECT, quantile } from "@uniarm/bench";
import type { Page } from "playwright-core";

/** A figure of the dashboard: what is asked of it and what was measured, once a repetition, in ms. */
export interface Measure {
  what: string;
  limitMs: number;
  /** the figure that is compared with the limit */
  ms: number;
  values: number[];
}

export const runsAddress = (url: string): string => `${url}/runs?project=${PROJECT}`;

const FRAMES = 400;
const WHEEL_PX = 240;
const rows = '[role="table"][aria-label="Runs"] [role="rowgroup"] [role="row"]';

/** Time from asking for a page, on a browser that has seen the tracker before, to the moment `there` is true. */
async function opened(page: Page, url: string, there: () => boolean): Promise<number> {
  await page.goto("about:blank");
  const startedAt = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(there, undefined, { polling: "raf" });
  return performance.now() - startedAt;
}

async function repeated(times: number, measure: (index: number) => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index++) values.push(await measure(index));
  return values;
}

const most = (what: string, limitMs: number, values: number[]): Measure => ({
  what,
  limitMs,
  values,
  ms: Math.max(...values),
});

export async function runsPage(page: Page, url: string, repeats: number): Promise<Measure> {
  const there = (): boolean =>
    document.querySelectorAll('[role="table"][aria-label="Runs"] [role="rowgroup"] [role="row"]').length > 5;
  await opened(page, runsAddress(url), there); // the browser's cache is filled
  const values = await repeated(repeats, () => opened(page, runsAddress(url), there));
  return most("runs page, until its rows are there", 1500, values);
}

/** Frames while one scrolls through thousands of runs, further pages being fetched on the way. */
export async function scrolling(page: Page): Promise<Measure> {
  await page.locator(rows).first().waitFor();
  const box = (await page.getByRole("table", { name: "Runs" }).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const frames = page.evaluate(
    (count) =>
      new Promise<number[]>((done) => {
        const times: number[] = [];
        let before = performance.now();
        const next = (now: number): void => {
          times.push(now - before);
          before = now;
          if (times.length < count) requestAnimationFrame(next);
          else done(times);
        };
        requestAnimationFrame(next);
      }),
    FRAMES,
  );
  let isOver = false;
  void frames.then(() => (isOver = true));
  while (!isOver) await page.mouse.wheel(0, WHEEL_PX);
  const values = (await frames).sort((a, b) => a - b);
  return { what: "a frame while scrolling, p95", limitMs: 50, ms: quantile(values, 0.95), values };
}

/** Opens studies of the list one after the other. */
export async function openingStudies(page: Page, url: string, times: number): Promise<Measure> {
  await page.goto(`${runsAddress(url)}&filter=${encodeURIComponent("kind = study")}`);
  const closed = page.locator('[role="table"][aria-label="Runs"] button[aria-label^="Runs of"][aria-expanded="false"]');
  await closed.first().waitFor();
  await page.waitForLoadState("networkidle");
  const ofStudy = (address: string): boolean => /runs\.list.*"parent":"(?!none)/.test(address);
  const values: number[] = [];
  for (let index = 0; index < times; index++)
    values.push(await untilDrawn(page, ofStudy, () => closed.first().click()));
  return most("study opened, until its runs are there", 300, values);
}

export async function filtering(page: Page, filters: readonly string[]): Promise<Measure> {
  const field = page.getByRole("combobox", { name: "Filter", exact: true });
  const values: number[] = [];
  for (const filter of filters) {
    await field.fill(filter);
    const asked = `"filter":${JSON.stringify(filter)}`; // not what is asked of runs inside of studies
    const isOwn = (address: string): boolean => address.includes("runs.list") && address.includes(asked);
    values.push(await untilDrawn(page, isOwn, () => page.keyboard.press("Enter")));
  }
  return most("filter, from Enter to its rows", 300, values);
}

/** Time from what one does to the frame after the answer to a question, known by its address. */
async function untilDrawn(
  page: Page,
  isAsked: (address: string) => boolean,
  act: () => Promise<void>,
): Promise<number> {
  const answered = page.waitForResponse((answer) => isAsked(decodeURIComponent(answer.url())) && answer.ok());
  const startedAt = performance.now();
  await act();
  await (await answered).finished();
  await page.evaluate(
    () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
  return performance.now() - startedAt;
}

export async function comparing(page: Page, url: string, ids: readonly string[], repeats: number): Promise<Measure> {
  const address = `${url}/compare?project=${PROJECT}&runs=${ids.join(",")}&keys=${LONG_KEY}`;
  const there = (): boolean => document.querySelectorAll('[role="img"] canvas').length > 0;
  await opened(page, address, there);
  return most(
    `comparison of ${ids.length} runs, until its chart is drawn`,
    3000,
    await repeated(repeats, () => opened(page, address, there)),
  );
}

/** Drags over a part of the chart of a long history, again and again, until the finer points are drawn. */
export async function zooming(page: Page, url: string, run: string, zooms: number): Promise<Measure> {
  await page.goto(`${url}/runs/${run}?project=${PROJECT}&tab=metrics&keys=${LONG_KEY}`);
  const chart = page.getByRole("img", { name: LONG_KEY });
  await chart.locator("canvas").waitFor();
  await page.waitForTimeout(500);
  const values: number[] = [];
  for (let zoom = 0; zoom < zooms; zoom++) {
    const box = (await chart.boundingBox())!;
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.35, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, y, { steps: 4 });
    values.push(
      await untilDrawn(
        page,
        (address) => address.includes("metrics.history"),
        () => page.mouse.up(),
      ),
    );
  }
  return most("zoom into 1,000,000 points, until finer ones are drawn", 300, values);
}
