import { expect, test } from "vitest";
import type { Opened } from "./opened.ts";

/** The comparison of runs. */
export function compareTests(opened: Opened): void {
  test("compares runs: histories, settings that differ, figures, and a table for a paper", async () => {
    const { browser, page, go, frontOf } = opened;
    await go(`/compare?runs=${frontOf("uniarm").runId},${frontOf("parm").runId}`);
    await page.getByRole("heading", { name: "Compare 2 runs" }).waitFor();
    await page.getByRole("img", { name: "loss", exact: true }).locator("canvas").waitFor();
    await page.getByRole("tab", { name: "Config" }).click();
    const settings = page.getByRole("region", { name: "Settings that differ" });
    await settings.getByRole("columnheader", { name: "method" }).waitFor();
    await expect.poll(() => settings.getByText("parm", { exact: true }).count()).toBe(1);
    await page.getByRole("tab", { name: "Summary" }).click();
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the summary" }).click();
    await page.getByRole("menuitem", { name: "As Markdown" }).click();
    const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(copied).toContain("| hypervolume | mean inner product |");
    await page.getByRole("tab", { name: "Parallel coordinates" }).click();
    await page.getByRole("img", { name: "runs in parallel coordinates" }).locator("canvas").waitFor();
  });
}
