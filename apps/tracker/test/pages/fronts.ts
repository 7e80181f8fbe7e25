import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** The list of fronts, and the explorer of one or several. */
export function frontsTests(opened: Opened): void {
  const answersPanel = () => opened.page.getByRole("region", { name: /^Answers of/ });

  test("lists fronts, and overlays those that are chosen", async () => {
    const { page, go } = opened;
    await go("/fronts");
    const offered = (label: string) =>
      page
        .getByLabel(label)
        .evaluate((input) => [...(input as HTMLInputElement).list!.options].map(({ value }) => value));
    await expect.poll(() => offered("Method")).toEqual(expect.arrayContaining(["parm", "uniarm"]));
    const own = opened.frontOf("uniarm").protocolHash;
    await expect.poll(async () => (await offered("Protocol")).filter((hash) => own.startsWith(hash))).toHaveLength(1);
    await page
      .getByRole("checkbox", { name: /^Choose uniarm/ })
      .last()
      .click();
    await page.getByRole("checkbox", { name: /^Choose parm/ }).click();
    await page.getByRole("link", { name: "Overlay" }).click();
    await page.getByRole("heading", { name: "2 fronts" }).waitFor();
    await page.getByRole("img", { name: "front helpful harmless" }).locator("canvas").waitFor();
    const figures = page.getByRole("region", { name: "Figures of the fronts" });
    await figures.getByText("exact optimum", { exact: true }).waitFor();
    await expect.poll(() => figures.getByRole("row").count()).toBe(4);
    await expect.poll(() => figures.getByText("0.8694").count()).toBe(1);
  });

  test("a press on a point opens its answers, and the link to it keeps them open", async () => {
    const { page, go, frontOf } = opened;
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

  test("lists a front's points with the fluency of their answers, beside the base model's own row", async () => {
    const { page, go, frontOf } = opened;
    await go(`/fronts/${frontOf("uniarm").id}`);
    const points = page.getByRole("region", { name: /^Points of/ });
    for (const name of ["Perplexity", "Repeated 4-grams", "Distinct-2", "Ended", "Tokens"])
      await points.getByRole("columnheader", { name, exact: true }).waitFor();
    const base = points.getByRole("row", { name: /^base model/ });
    const [perplexity] = (await base.getByRole("cell").allInnerTexts()).slice(-5);
    expect(Number(perplexity)).toBeGreaterThan(1);
    await page.getByText("No KL from the base: Greedy answers are no samples").waitFor();
  });

  /** Where a front's first point lies on its chart: the axes hold points, intervals, optimum and reference with 6 % of room. */
  async function pressFirstPoint(id: string): Promise<void> {
    const { platform, page } = opened;
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

  test("does not overlay fronts of different protocols, and says what differs", async () => {
    const { page, go, frontOf } = opened;
    await go(`/fronts?ids=${frontOf("uniarm").id},${frontOf("uniarm", 3).id}`);
    await page.getByRole("heading", { name: "These fronts were measured under different protocols" }).waitFor();
    await page.getByRole("columnheader", { name: "objectives" }).waitFor();
    expect(await page.locator("canvas").count()).toBe(0);
  });

  test("three objectives are three pairs and a triangle, or parallel coordinates", async () => {
    const { page, go, frontOf } = opened;
    await go(`/fronts/${frontOf("uniarm", 3).id}`);
    await expect.poll(() => page.locator("canvas").count(), SLOW).toBe(4);
    await page.getByRole("button", { name: "Parallel coordinates" }).click();
    await page.getByRole("img", { name: "front in parallel coordinates" }).locator("canvas").waitFor();
    expect(page.url()).toContain("view=parallel");
  });

  test("saves a front as CSV, JSON and SVG", async () => {
    const { page, go, frontOf } = opened;
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
}
