import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** The filter of the runs: pressed, chosen, written. */
export function filterTests(opened: Opened): void {
  const table = () => opened.page.getByRole("table", { name: "Runs" });
  const names = () => table().locator("[data-index] a").allTextContents();
  const field = () => opened.page.getByRole("combobox", { name: "Filter", exact: true });
  const filter = () => field().inputValue();

  test("pressing a tag or a value in the table filters by it, by keyboard as well", async () => {
    const { client, page, go, expectGood, shot } = opened;
    for (const [name, tags, steps] of [
      ["one", ["blue"], 1],
      ["two", ["blue", "a b"], 2],
      ["three", [], 2],
    ] as const)
      await client.api.runs.launch.mutate({
        project: "filtered",
        kind: "sleep",
        name,
        tags: [...tags],
        config: { steps, stepMs: 1 },
      });
    await go("/runs?project=filtered&columns=state,tags,config.steps");
    await expect.poll(names, SLOW).toEqual(["three", "two", "one"]);
    // from the top of the page to the first run: skip to the content, then to the runs
    for (const key of ["Tab", "Enter", "Tab", "Enter"]) await page.keyboard.press(key);
    await page.waitForFunction(() => document.activeElement?.textContent === "three");
    await table().getByRole("button", { name: "blue" }).first().click();
    await expect.poll(names, SLOW).toEqual(["two", "one"]);
    expect(await filter()).toBe("tag = blue");
    await table().getByRole("button", { name: "2", exact: true }).click();
    await expect.poll(names, SLOW).toEqual(["two"]);
    expect(await filter()).toBe("tag = blue config.steps = 2");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await expect.poll(async () => (await names()).length, SLOW).toBe(3);

    await table().getByRole("link", { name: "two" }).press("=");
    const menu = page.getByRole("menu", { name: "Filter by what two has" });
    await menu.getByRole("menuitem", { name: 'tag = "a b"', exact: true }).waitFor();
    await expectGood();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.textContent === "two");
    await page.keyboard.press("=");
    await menu.getByRole("menuitem", { name: 'not tag = "a b"' }).press("Enter");
    await expect.poll(names, SLOW).toEqual(["three", "one"]);
    await shot("filtered");
  });

  test("the filter field offers fields, operators and values, and is a combobox for keyboard and screen reader", async () => {
    const { page, go, expectGood, shot } = opened;
    await go("/runs?project=filtered");
    await expect.poll(async () => (await names()).length, SLOW).toBe(3);
    await field().focus();
    await page.keyboard.type("ta");
    const list = page.getByRole("listbox", { name: "What can be written here" });
    await list.getByRole("option", { name: "tag several" }).waitFor();
    await expect.poll(() => field().getAttribute("aria-expanded")).toBe("true");
    await expect.poll(() => field().getAttribute("aria-activedescendant")).toBeNull();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    const chosen = list.getByRole("option", { selected: true });
    await expect.poll(() => field().getAttribute("aria-activedescendant")).toBe(await chosen.getAttribute("id"));
    await expectGood();
    const first = (await chosen.locator("code").textContent())!;
    await page.keyboard.press("Enter");
    await expect.poll(filter, SLOW).toBe(`${first} `);
    await field().fill("");
    await page.keyboard.type("tag ");
    await list.getByRole("option", { name: /^= is/ }).click();
    await expect.poll(filter, SLOW).toBe("tag = ");
    await list.getByRole("option", { name: '"a b" tag' }).waitFor();
    await shot("completion");
    await page.keyboard.type("bl");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter"); // takes the word
    await expect.poll(filter, SLOW).toBe("tag = blue ");
    await page.keyboard.press("Escape"); // closes what is offered next
    await list.waitFor({ state: "hidden" });
    await page.keyboard.press("Enter"); // filters
    await expect.poll(names, SLOW).toEqual(["two", "one"]);
    await field().fill("config.st");
    await list.getByRole("option", { name: "config.steps setting" }).waitFor();
    await field().fill("metric.val");
    await list.getByRole("option", { name: "metric.value metric" }).waitFor();
    await page.keyboard.press("Tab"); // leaves, and takes nothing
    await list.waitFor({ state: "hidden" });
    expect(await filter()).toBe("metric.val");
  });
}
