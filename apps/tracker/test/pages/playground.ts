import { expect, test } from "vitest";
import { EVIL, SLOW, type Opened } from "./opened.ts";

const MODEL_MS = 90_000;

/** The playground: one visit, each test continues where the one before it stopped. */
export function playgroundTests(opened: Opened): void {
  test(
    "the playground's answer changes as its slider moves",
    async () => {
      const { page, go, frontOf, tellingPrompt } = opened;
      const search = { checkpoint: frontOf("uniarm").runId, preferences: "0,1", prompt: tellingPrompt };
      await go(`/playground?${new URLSearchParams(search)}`); // as strongly as the demo steered
      const card = page.getByRole("article", { name: "Preference A" });
      const tokens = card.getByRole("group", { name: /: tokens/ });
      const answered = page.getByText("Answered.", { exact: false }).first();
      await answered.waitFor({ timeout: MODEL_MS });
      const before = await tokens.textContent();
      await card.getByRole("slider").focus();
      await page.keyboard.press("End");
      await page.waitForURL(/preferences=1/);
      await expect.poll(() => tokens.textContent(), { timeout: MODEL_MS }).not.toBe(before);
      await answered.waitFor();
      await card.getByText("Best possible").waitFor();
      await card
        .getByRole("button", { name: /nats against the base/ })
        .nth(2)
        .click();
      await card.getByRole("region", { name: "Token" }).getByText("fused").waitFor();
    },
    MODEL_MS * 2,
  );

  test("a sweep answers at eleven preferences", async () => {
    const { page } = opened;
    await page.getByRole("button", { name: "Ask at 11 preferences" }).click();
    const strip = page.getByRole("list", { name: "Answers along the sweep" });
    await expect.poll(() => strip.getByRole("listitem").count(), SLOW).toBe(11);
    await page.getByText("Answered.", { exact: false }).nth(1).waitFor({ timeout: MODEL_MS });
    expect(page.url()).toContain("sweep=0");
  });

  test("prompts are shown as text", async () => {
    const { page } = opened;
    await page.getByRole("textbox", { name: "Prompt" }).fill(EVIL);
    await page.keyboard.press("Enter");
    await page.getByText("Answered.", { exact: false }).first().waitFor({ timeout: MODEL_MS });
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  });
}
