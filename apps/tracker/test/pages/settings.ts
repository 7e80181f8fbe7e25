import { expect, test } from "vitest";
import { EVIL, type Opened } from "./opened.ts";

/** The settings: keys, datasets, storage. */
export function settingsTests(opened: Opened): void {
  test("a key is shown once as it is made, and can be revoked", async () => {
    const { page, go } = opened;
    await go("/settings");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill(EVIL);
    await page.getByRole("button", { name: "Make it" }).click();
    const secret = await page.locator("[data-secret]").textContent();
    expect(secret).toMatch(/^uniarm_/);
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("row").filter({ hasText: EVIL });
    await row.getByText("valid", { exact: true }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.getByText("revoked").waitFor();
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  });

  test("a file becomes a dataset", async () => {
    const { page, go } = opened;
    await go("/settings?tab=datasets");
    await page.getByLabel("Files, JSONL as a rule").setInputFiles({
      name: "my prompts.jsonl",
      mimeType: "application/jsonl",
      buffer: Buffer.from('{"id":"a","text":"x"}\n{"id":"b","text":"y"}\n'),
    });
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    const row = page.getByRole("row").filter({ hasText: "my-prompts" });
    await row.getByRole("link", { name: "my_prompts.jsonl" }).waitFor();
    await expect.poll(() => row.getByRole("cell").nth(1).textContent()).toBe("2");
  });

  test("the retention is changed, and what would go is said before it goes", async () => {
    const { page, go } = opened;
    await go("/settings?tab=storage");
    await page.getByRole("button", { name: "Change the retention of default" }).click();
    await page.getByLabel("Keep all checkpoints").click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("the newest 2 of each run, its best", { exact: false }).waitFor();
    await page.getByRole("button", { name: "What would go?" }).click();
    await page.getByText(/^0 checkpoints, \d+ files?, /).waitFor();
  });
}
