import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT, openBrowser, type Browser } from "../tooling/chromium.ts";

const CLI = join(import.meta.dirname, "../../cli/src/main.ts");
const SCRIPT = "<script>document.title='hacked'</script>";
const STUDY_MS = 120_000;

interface Results {
  comparison: {
    methods: {
      name: string;
      hypervolume: { value: number };
      meanInnerProduct: { value: number };
    }[];
  };
  optimum: { hypervolume: number };
}

/** What `uniarm study report` writes, opened from the disk as a reader gets it by mail. */
describe.skipIf(CHROMIUM === null)(
  `the page of a study's report${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let folder: string;
    let browser: Browser;
    let page: Page;
    let results: Results;
    const asked: string[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "uniarm-report-"));
      const study = join(folder, "study.json");
      const training = { steps: 2, batchPairs: 4, adapter: { kind: "moslora", rank: 2 } };
      await writeFile(
        study,
        JSON.stringify({
          model: "tiny-world:quick",
          task: { type: "tiny-world", objectives: 3, pairs: 32, testPrompts: 8 },
          methods: [
            { name: "weak", training, strength: 1 },
            { name: "strong", training, strength: 4 },
          ],
          divisions: 2,
        }),
      );
      const uniarm = (...args: string[]): string =>
        execFileSync(process.execPath, [CLI, ...args], { encoding: "utf8" });
      uniarm("study", "run", study, "--output", join(folder, "out"));
      uniarm("study", "report", join(folder, "out"), "--title", `Two strengths ${SCRIPT}`);
      results = JSON.parse(await readFile(join(folder, "out/report/results.json"), "utf8")) as Results;
      browser = await openBrowser();
      page = await browser.context.newPage();
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(pathToFileURL(join(folder, "out/report/index.html")).href);
    }, STUDY_MS);
    afterAll(async () => {
      await browser?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test("needs no network, and runs nothing that a title or an answer holds", async () => {
      expect(asked.filter((url) => !url.startsWith("file:") && !url.startsWith("data:"))).toEqual([]);
      expect(await page.title()).toBe(`Two strengths ${SCRIPT}`);
      expect(await page.locator("script").count()).toBe(0);
    });

    test.each([1280, 390])("draws its figures at %i pixels, and only what is wide scrolls sideways", async (width) => {
      await page.setViewportSize({ width, height: 800 });
      const drawn = await page.locator("img").evaluateAll((images) =>
        images.map((image) => {
          const { naturalWidth, naturalHeight } = image as HTMLImageElement;
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [naturalWidth, naturalHeight];
          const context = canvas.getContext("2d")!;
          context.drawImage(image as HTMLImageElement, 0, 0);
          const { data } = context.getImageData(0, 0, naturalWidth, naturalHeight);
          const colours = new Set<string>();
          for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join());
          return { naturalWidth, colours: colours.size };
        }),
      );
      expect(drawn).toHaveLength(2); // fronts, and lines across the three objectives
      for (const { naturalWidth, colours } of drawn) {
        expect(naturalWidth).toBeGreaterThan(300);
        expect(colours).toBeGreaterThan(20); // a blank image has one
      }
      const [scroll, client] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      expect(scroll).toBe(client);
    });

    test("shows the numbers of results.json", async () => {
      const rows = await page.locator("#methods ~ .wide table").first().locator("tbody tr").allInnerTexts();
      const cells = rows.map((row) => row.split("\t").map((cell) => cell.trim()));
      const wanted = results.comparison.methods.map(({ name, hypervolume, meanInnerProduct }) => [
        name,
        hypervolume.value.toFixed(3),
        meanInnerProduct.value.toFixed(3),
      ]);
      expect(
        cells.slice(0, 3).map(([name, , first, second]) => [name, first!.split(" ")[0], second!.split(" ")[0]]),
      ).toEqual(
        wanted.map(([name, ...figures]) => [name, ...figures.map((figure) => figure.replace(/^-(0\.0*)$/, "$1"))]),
      );
      expect(cells[3]!.slice(0, 3)).toEqual(["exact optimum", "none", results.optimum.hypervolume.toFixed(3)]);
    });
  },
);
