import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Views belong to the project. */
export function viewTests(opened: Opened): void {
  test("a view is saved for everybody who sees the project, replaced when that is asked for, deleted and taken back", async () => {
    const { client, browser, platform, page, go, expectGood, shot } = opened;
    await go("/runs?project=filtered&filter=tag%20%3D%20blue&columns=state");
    const save = async (): Promise<void> => {
      await page.getByRole("button", { name: "Views" }).click();
      await page.getByRole("button", { name: "Save this view" }).click();
      await page.getByLabel("Name", { exact: true }).fill("blue ones");
      await page.keyboard.press("Enter");
    };
    await save();
    await page.getByRole("dialog", { name: "Save this view" }).waitFor({ state: "hidden" });
    const saved = async () =>
      (await client.api.views.list.query({ project: "filtered" })).views.map(({ name, search }) => [name, search]);
    expect(await saved()).toEqual([["blue ones", { filter: "tag = blue", columns: "state" }]]);

    const other = await browser.context.newPage(); // somebody else
    await other.goto(`${platform.url}/runs?project=filtered`);
    await other.getByRole("button", { name: "Views" }).click();
    await other.getByRole("button", { name: "blue ones", exact: true }).click();
    await expect.poll(() => new URL(other.url()).searchParams.get("filter"), SLOW).toBe("tag = blue");
    await other.close();

    await go("/runs?project=filtered&filter=config.steps%20%3D%202");
    await save();
    await page.getByRole("alert").getByText("The project has a view called blue ones.").waitFor();
    await page.getByRole("button", { name: "Replace it" }).click();
    await expect.poll(saved, SLOW).toEqual([["blue ones", { filter: "config.steps = 2" }]]);
    opened.troubles.splice(0); // the name that was taken is one

    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("button", { name: "Delete the view blue ones" }).waitFor();
    await expectGood();
    await shot("views");
    await page.getByRole("button", { name: "Delete the view blue ones" }).click();
    await expect.poll(saved, SLOW).toEqual([]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(saved, SLOW).toEqual([["blue ones", { filter: "config.steps = 2" }]]);
  });

  test("views that a browser kept for itself are offered to the project", async () => {
    const { client, page, go } = opened;
    const kept = [
      { name: "mine", search: { filter: "kind = sleep", sort: "created" } },
      { name: "blue ones", search: { filter: "tag = red" } },
    ];
    await page.evaluate((views) => localStorage.setItem("uniarm.views", JSON.stringify(views)), kept);
    await go("/runs?project=filtered");
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByText("This browser has 2 views of its own: mine, blue ones.").waitFor();
    await page.getByRole("button", { name: "Give them to the project" }).click();
    await page.getByText("The project has other views called blue ones: these stay here.").waitFor();
    const { views } = await client.api.views.list.query({ project: "filtered" });
    expect(views.map(({ name, search }) => [name, search])).toEqual([
      ["blue ones", { filter: "config.steps = 2" }],
      ["mine", { filter: "kind = sleep", sort: "created" }],
    ]);
    await page.getByRole("button", { name: "Forget them" }).click();
    expect(await page.evaluate(() => localStorage.getItem("uniarm.views"))).toBeNull();
    opened.troubles.splice(0); // the name that was taken is one
  });
}
