import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Curves beside the table of runs. */
export function chartTests(opened: Opened): void {
  test("charts stand beside the table in the rows' colours; a row that is pointed at or has the focus lights its curve", async () => {
    const { client, page, go, expectGood, shot } = opened;
    for (const [name, steps] of [
      ["short", 5],
      ["middle", 8],
      ["long", 12],
    ] as const) {
      const { id } = await client.api.runs.launch.mutate({
        project: "curves",
        kind: "sleep",
        name,
        config: { steps, stepMs: 1, keys: ["loss", "reward"] },
      });
      await expect.poll(async () => (await client.api.runs.get.query({ id })).state, SLOW).toBe("SUCCEEDED");
    }
    await go("/runs?project=curves&columns=state");
    const table = page.getByRole("table", { name: "Runs" });
    await table.getByRole("link", { name: "long" }).waitFor();
    const button = page.getByRole("button", { name: "Charts", exact: true });
    await button.press("Enter");
    const charts = page.getByRole("region", { name: "Charts of the runs" });
    await charts.getByText("3 runs in sight").waitFor();
    await expect.poll(() => button.getAttribute("aria-pressed")).toBe("true");
    const canvas = charts.getByRole("img", { name: "loss", exact: true }).locator("canvas");
    await canvas.waitFor();
    const colours = await table
      .locator("[data-index] svg path[stroke^='var(--series']")
      .evaluateAll((paths) => paths.map((path) => path.getAttribute("stroke")));
    expect(new Set(colours).size).toBe(3);

    const picture = () => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL());
    await page.mouse.move(1, 1);
    let calm = "";
    await expect
      .poll(async () => {
        const before = calm;
        calm = await picture();
        return calm === before; // it has been drawn in whole
      }, SLOW)
      .toBe(true);
    await table.getByRole("link", { name: "middle" }).hover();
    await expect.poll(picture, SLOW).not.toBe(calm);
    const lit = await picture();
    await shot("charts-beside-the-table");
    await page.mouse.move(1, 1);
    await expect.poll(picture, SLOW).toBe(calm);
    await table.getByRole("link", { name: "middle" }).focus();
    await expect.poll(picture, SLOW).toBe(lit);

    await page.getByLabel("Choose short").check();
    await page.getByLabel("Choose long").check();
    await charts.getByText("2 chosen runs").waitFor();
    await expect.poll(() => table.locator("[data-index] svg path[stroke^='var(--series']").count(), SLOW).toBe(2);
    await expectGood();
  });

  test("the metrics of the charts are in the address, and in a saved view", async () => {
    const { client, page } = opened;
    const charts = page.getByRole("region", { name: "Charts of the runs" });
    await charts.getByRole("button", { name: /^Metrics: / }).click();
    await page.getByRole("checkbox", { name: "loss", exact: true }).uncheck();
    await expect.poll(() => new URL(page.url()).searchParams.get("keys"), SLOW).not.toBe(null);
    expect(new URL(page.url()).searchParams.get("keys")!.split(",")).not.toContain("loss");
    await page.keyboard.press("Escape");
    await page.reload();
    await charts.getByRole("img", { name: "reward", exact: true }).locator("canvas").waitFor();
    expect(await charts.getByRole("img", { name: "loss", exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("button", { name: "Save this view" }).click();
    await page.getByLabel("Name", { exact: true }).fill("with curves");
    await page.keyboard.press("Enter");
    const saved = async () => (await client.api.views.list.query({ project: "curves" })).views[0]?.search;
    const keys = new URL(page.url()).searchParams.get("keys");
    await expect.poll(saved, SLOW).toEqual({ columns: "state", charts: true, keys });
    await charts.getByRole("button", { name: "Close the charts" }).click();
    await charts.waitFor({ state: "hidden" });
  });
}
