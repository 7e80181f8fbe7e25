import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Order and widths of the table's columns. */
export function columnTests(opened: Opened): void {
  const heads = () => opened.page.locator("[data-column]");
  const order = () => heads().evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.column));
  const head = (name: string) => opened.page.locator(`[data-column="${name}"]`);
  const widthOf = async (name: string): Promise<number> => Math.round((await head(name).boundingBox())!.width);
  const drag = async (from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> => {
    const { mouse } = opened.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move((from.x + to.x) / 2, to.y, { steps: 3 });
    await mouse.move(to.x, to.y, { steps: 3 });
    await mouse.up();
  };
  const middle = async (name: string): Promise<{ x: number; y: number }> => {
    const { x, y, width, height } = (await head(name).boundingBox())!;
    return { x: x + width / 2, y: y + height / 2 };
  };

  test("columns are moved and resized by dragging their headings, which does not sort; a saved view has both", async () => {
    const { client, page, go } = opened;
    await client.api.runs.launch.mutate({ project: "columns", kind: "sleep", name: "one", config: { steps: 1 } });
    await go("/runs?project=columns&columns=state,kind,tags");
    await heads().first().waitFor();
    await drag(await middle("state"), await middle("tags"));
    await expect.poll(order, SLOW).toEqual(["name", "kind", "tags", "state"]);
    await drag(await middle("state"), await middle("kind"));
    await expect.poll(order, SLOW).toEqual(["name", "state", "kind", "tags"]);
    expect(new URL(page.url()).searchParams.get("sort")).toBeNull();
    await head("kind").getByRole("button").click(); // a press still does
    await expect.poll(() => new URL(page.url()).searchParams.get("sort"), SLOW).toBe("-kind");

    const before = await widthOf("kind");
    const edge = (await page.locator('[data-edge="kind"]').boundingBox())!;
    const grip = { x: edge.x + edge.width / 2, y: edge.y + edge.height / 2 };
    await drag(grip, { x: grip.x + 70, y: grip.y });
    await expect.poll(() => widthOf("kind"), SLOW).toBe(before + 70);
    await page.reload();
    await expect.poll(() => widthOf("kind"), SLOW).toBe(before + 70);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("button", { name: "Save this view" }).click();
    await page.getByLabel("Name", { exact: true }).fill("wide kinds");
    await page.keyboard.press("Enter");
    await expect
      .poll(async () => (await client.api.views.list.query({ project: "columns" })).views[0]?.search, SLOW)
      .toEqual({ columns: "state,kind,tags", sort: "-kind", widths: `kind:${before + 70}` });
  });

  test("the menu of columns moves and resizes them by keyboard, and says where they are", async () => {
    const { page, go, expectGood, shot } = opened;
    await go("/runs?project=columns&columns=state,kind,tags");
    await page.getByRole("button", { name: "Columns", exact: true }).press("Enter");
    const places = page.getByRole("region", { name: "Order and widths" });
    await places.getByRole("button", { name: "Move State right" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(order, SLOW).toEqual(["name", "kind", "state", "tags"]);
    await places.getByText("State is column 2 of 3.").waitFor();
    await page.keyboard.press("Enter"); // the focus went along
    await expect.poll(order, SLOW).toEqual(["name", "kind", "tags", "state"]);
    await page.keyboard.press("Enter"); // it is the last
    await expect.poll(order, SLOW).toEqual(["name", "kind", "tags", "state"]);
    const before = await widthOf("tags");
    await places.getByRole("button", { name: "Make Tags narrower" }).press("Enter");
    await expect.poll(() => widthOf("tags"), SLOW).toBe(before - 20);
    await places.getByText(`Tags is ${before - 20} pixels wide.`).waitFor({ state: "attached" });
    await expectGood();
    await shot("columns");
    await page.getByRole("button", { name: "Reset the columns" }).press("Enter");
    await expect.poll(() => new URL(page.url()).searchParams.get("widths"), SLOW).toBeNull();
    expect((await order()).slice(0, 3)).toEqual(["name", "state", "kind"]);
  });
}
