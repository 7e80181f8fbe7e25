import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Curves of a comparison: over steps and times, zoomed together, means over seeds. */
export function compareChartTests(opened: Opened): void {
  test("compared curves lie over steps, time or the time of day, zoom together by mouse and keys, and are means over seeds", async () => {
    const { client, page, go, expectGood, shot } = opened;
    const ids: string[] = [];
    for (const [name, steps] of [
      ["twin/0", 40],
      ["twin/1", 40],
      ["other", 30],
    ] as const) {
      const config = { steps, stepMs: 5, keys: ["loss", "reward"] };
      const launch = { project: "compared", kind: "sleep", name, config, useCache: false } as const;
      const { id } = await client.api.runs.launch.mutate(launch);
      await expect.poll(async () => (await client.api.runs.get.query({ id })).state, SLOW).toBe("SUCCEEDED");
      ids.push(id);
    }
    await go(`/compare?project=compared&runs=${ids.join(",")}&keys=loss,reward`);
    const chart = page.getByRole("application", { name: "loss: zoom" });
    const canvas = chart.locator("canvas");
    await canvas.waitFor();
    const searched = () => new URL(page.url()).searchParams;
    const shown = () => `${searched().get("from")} ${searched().get("to")}`;

    await chart.focus();
    for (const [key, stretch] of [
      ["+", "11 31"],
      ["ArrowRight", "16 36"],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(shown, SLOW).toBe(stretch);
    }
    await page.getByRole("status").getByText("step 16 to step 36").waitFor({ state: "attached" });
    await page.reload(); // an address of its own
    await page.getByRole("button", { name: "step 16 to step 36: show all" }).press("Enter");
    await expect.poll(shown, SLOW).toBe("null null");

    await page.getByRole("combobox", { name: "x axis" }).click();
    await page.getByRole("option", { name: "time of day" }).click();
    await expect.poll(() => searched().get("x"), SLOW).toBe("clock");
    await canvas.waitFor();
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.98, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => Number(searched().get("to")) - Number(searched().get("from")), SLOW).toBeGreaterThan(0);
    const { startedAt } = await client.api.runs.get.query({ id: ids[0]! });
    const { endedAt } = await client.api.runs.get.query({ id: ids[2]! });
    expect(Number(searched().get("from"))).toBeGreaterThan(Date.parse(startedAt!));
    expect(Number(searched().get("from"))).toBeLessThan(Date.parse(endedAt!));
    await expectGood();
    await shot("compare-time-of-day");

    await page.getByRole("combobox", { name: "x axis" }).click();
    await page.getByRole("option", { name: "step" }).click();
    await expect.poll(shown, SLOW).toBe("null null"); // of another axis
    await expect.poll(() => searched().get("x"), SLOW).toBe(null);
    await page.getByRole("checkbox", { name: "Mean over seeds" }).check();
    await page.getByRole("button", { name: "loss: show as a table" }).click();
    const table = page.getByRole("region", { name: "loss", exact: true });
    await table.getByRole("cell", { name: "twin/*" }).first().waitFor();
    await expect.poll(() => table.getByRole("table").getAttribute("aria-rowcount"), SLOW).toBe("71"); // 40 and 30
    const [, step, time, value, , , runs] = await table.getByRole("row").nth(7).getByRole("cell").allTextContents();
    expect([step, value, runs]).toEqual([step, step, "2"]); // at step n each of them has n
    expect(time).not.toContain(":"); // they had it at times of their own
    await page.getByRole("button", { name: "loss: show as a chart" }).click();
    await canvas.waitFor();
    await expectGood();
    await shot("compare-means");
  });
}
