import { expect, test } from "vitest";
import type { Opened } from "./opened.ts";

/** Names of runs that nobody named. */
export function nameTests(opened: Opened): void {
  test("a run that is launched without a name has one that can be said, and is found by it; the id stays what it is known by", async () => {
    const { client, page, go, expectGood } = opened;
    await go("/launch?kind=sleep&project=named");
    const name = page.getByLabel("Name", { exact: true });
    await name.waitFor();
    await expect.poll(() => name.inputValue()).toBe("");
    await page.getByText("Without one: two words and a number.").waitFor();
    await expectGood();
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-z]+/);
    const title = page.getByRole("heading", { level: 1, name: /^[a-z]+-[a-z]+-\d{1,3}$/ });
    await title.waitFor();
    const given = (await title.textContent())!;
    const id = /\/runs\/([0-9a-z]+)/.exec(page.url())![1]!;
    expect((await client.api.runs.get.query({ id })).name).toBe(given);
    await go(`/runs?project=named&filter=${encodeURIComponent(given)}`);
    await page.getByRole("table", { name: "Runs" }).getByRole("link", { name: given }).waitFor();
    const other = await client.api.runs.launch.mutate({ project: "named", kind: "sleep", config: { steps: 1 } });
    expect((await client.api.runs.get.query(other)).name).not.toBe(given);
  });
}
