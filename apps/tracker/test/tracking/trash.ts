import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Deleted runs, until they go for good. */
export function trashTests(opened: Opened): void {
  test("a deleted run is in the trash, with the time until it goes, and comes back from the page or by a command", async () => {
    const { client, page, go, cli, expectGood, shot } = opened;
    const { id } = await client.api.runs.launch.mutate({ kind: "sleep", name: "to delete", config: { steps: 1 } });
    await expect.poll(async () => (await client.api.runs.get.query({ id })).state, SLOW).toBe("SUCCEEDED");
    await client.api.runs.delete.mutate({ ids: [id] });
    await go("/runs");
    await page.getByRole("link", { name: "Trash" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    const row = page.getByRole("row").filter({ hasText: "to delete" });
    await row.getByText("in 6 d").waitFor();
    await expectGood();
    await shot("trash");
    await page.getByRole("button", { name: "Restore to delete" }).press("Enter");
    await page.getByText("The trash is empty.").waitFor();
    expect((await client.api.runs.get.query({ id })).name).toBe("to delete");

    await client.api.runs.delete.mutate({ ids: [id] });
    const { stdout } = await cli("runs", "trash");
    expect(stdout).toMatch(
      new RegExp(`^run .*goes for good\n${id} +sleep +to delete +0 +.* ago +in (7\\.0|6\\.9|7) d\n`),
    );
    const refused = await cli("runs", "show", id);
    expect(refused.stderr).toContain(
      `was deleted. While it is in the trash it can be brought back: uniarm runs restore ${id}`,
    );
    expect((await cli("runs", "restore", id.slice(0, 10))).stdout).toBe(`${id}\n`);
    expect((await cli("runs", "trash")).stdout).toBe("The trash is empty.\n");
  });
}
