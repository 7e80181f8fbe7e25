import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

const EVIL = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"><script>window.hacked=1</script></svg>`;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const ROWS = 8000;

const FILES: Readonly<Record<string, string | Buffer>> = {
  "generations.jsonl": Array.from(
    { length: ROWS },
    (_, index) => `${JSON.stringify({ promptId: `p${index}`, text: EVIL, preference: [0.5, 0.5] })}\n`,
  ).join(""),
  "report.json": `{"hypervolume":0.10,"name":${JSON.stringify(EVIL)}}`,
  "table.csv": `method,score\r\n"${EVIL.replaceAll('"', '""')}",0.50\r\n`,
  "page.html": EVIL,
  "figure.svg": SVG,
  "dot.png": PNG,
  "fake.png": EVIL,
  "weights.bin": Buffer.from([0, 1, 2, 3]),
  "noise.txt": Buffer.from([65, 0, 66]),
};

/** A look into files. */
export function fileTests(opened: Opened): void {
  test("a run's files are shown in the page: tables, text, pictures; what is in them is never markup, and what is left out is said", async () => {
    const { client, platform, page, go, expectGood, shot } = opened;
    const files = [];
    for (const [path, content] of Object.entries(FILES)) {
      const sha256 = createHash("sha256").update(content).digest("hex");
      const answer = await fetch(`${platform.url}/api/blobs/${sha256}`, {
        method: "PUT",
        body: new Uint8Array(Buffer.from(content)),
      });
      expect(answer.status).toBe(201);
      files.push({ path, sha256, size: Buffer.byteLength(content) });
    }
    const about = { workerId: "testworker", host: "test", project: "files", externalId: "with-files", name: "files" };
    const { runId, attemptId } = await client.api.work.record.mutate({ ...about, config: {} });
    const event = { sequence: 1, time: Date.now(), type: "artifact" as const, name: "outputs", files };
    await client.api.work.events.mutate({ attemptId: attemptId!, events: [event] });
    const end = { end: "SUCCEEDED", reason: "", exit: null, lastSequence: 1 } as const;
    await client.api.work.end.mutate({ attemptId: attemptId!, ...end });

    await go(`/runs/${runId}?project=files&tab=files`);
    await page.getByText(`${files.length} files`).click();
    expect(await page.getByRole("button", { name: "Show weights.bin" }).count()).toBe(0);
    const show = async (path: string) => {
      await page.getByRole("button", { name: `Show ${path}` }).press("Enter");
      const dialog = page.getByRole("dialog", { name: path });
      await dialog.waitFor();
      return dialog;
    };
    const close = async (path: string): Promise<void> => {
      await page.keyboard.press("Escape");
      await page.getByRole("dialog", { name: path }).waitFor({ state: "hidden" });
      await page.waitForFunction(
        (label) => document.activeElement?.getAttribute("aria-label") === label,
        `Show ${path}`,
      );
    };

    const lines = await show("generations.jsonl");
    await lines.getByRole("columnheader", { name: "promptId" }).waitFor();
    await lines.getByRole("cell", { name: "p3", exact: true }).waitFor();
    await lines.getByRole("cell", { name: "[0.5,0.5]" }).first().waitFor();
    await lines
      .getByText(/^The first .* are read; download the file for the rest\. The first 1,000 rows are shown\.$/)
      .waitFor();
    await expectGood();
    await shot("file-lines");
    await close("generations.jsonl");

    const json = await show("report.json");
    await json.getByText('"hypervolume": 0.10').waitFor();
    await close("report.json");

    const csv = await show("table.csv");
    await csv.getByRole("cell", { name: "0.50", exact: true }).waitFor();
    await csv.getByRole("cell", { name: EVIL }).waitFor();
    await close("table.csv");

    for (const [path, text] of [
      ["page.html", EVIL],
      ["figure.svg", SVG],
    ] as const) {
      expect(await (await show(path)).getByRole("region", { name: path }).textContent()).toBe(text);
      expect(await page.locator("[role=dialog] :is(script, iframe, object, embed, img, svg[onload])").count()).toBe(0);
      await close(path);
    }

    const picture = (await show("dot.png")).getByRole("img", { name: "dot.png" });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth), SLOW).toBe(1);
    await expectGood();
    await close("dot.png");
    await (
      await show("fake.png")
    )
      .getByText("The file is no picture that this browser can draw. Download it.")
      .waitFor();
    await close("fake.png");
    await (await show("noise.txt")).getByText("The file is no text in UTF-8. Download it.").waitFor();
    await close("noise.txt");
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  });
}
