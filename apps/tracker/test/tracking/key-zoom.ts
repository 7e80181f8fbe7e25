import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Zoom of charts without a mouse. */
export function keyZoomTests(opened: Opened): void {
  test("a chart zooms, goes along and shows all by keys; it is reached with Tab, shows its focus, and says where it is", async () => {
    const { client, page, go, expectGood, shot } = opened;
    const config = { steps: 40, stepMs: 1, keys: ["loss"] };
    const { id } = await client.api.runs.launch.mutate({ project: "zoomed", kind: "sleep", name: "long", config });
    await expect.poll(async () => (await client.api.runs.get.query({ id })).state, SLOW).toBe("SUCCEEDED");
    await go(`/runs/${id}?project=zoomed&tab=metrics`);
    const chart = page.getByRole("application", { name: "loss: zoom" });
    await chart.locator("canvas").waitFor();
    await page.getByRole("button", { name: "loss: save" }).focus();
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "loss: zoom");
    expect(await chart.evaluate((element) => getComputedStyle(element).outlineStyle)).not.toBe("none");
    const steps = () => {
      const { searchParams } = new URL(page.url());
      return `${searchParams.get("from")} ${searchParams.get("to")}`;
    };
    for (const [key, shown] of [
      ["+", "10 30"],
      ["ArrowRight", "15 35"],
      ["ArrowRight", "20 40"],
      ["ArrowRight", "20 40"],
      ["=", "25 35"],
      ["ArrowLeft", "22 32"],
      ["-", "17 37"],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(steps, SLOW).toBe(shown);
    }
    await page.getByRole("status").getByText("Steps 17 to 37").waitFor({ state: "attached" });
    await chart.locator("canvas").waitFor();
    await expectGood();
    await chart.focus(); // a phone's chart is drawn anew
    await shot("key-zoom");
    await page.keyboard.press("0");
    await expect.poll(steps, SLOW).toBe("null null");
  });
}
