import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { untilEnded } from "@uniarm/client";
import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** From where to where a chart's y goes, and the logs of runs inside of another. */
export function limitsAndLogsTests(opened: Opened): void {
  test("a chart's y goes from where to where one says, in the address; what is no limit is refused with a sentence", async () => {
    const { client, page, go, expectGood, shot } = opened;
    const config = { steps: 30, stepMs: 5, keys: ["loss", "reward"] };
    const { id } = await client.api.runs.launch.mutate({ kind: "sleep", name: "limits", config, useCache: false });
    await untilEnded(client, id);
    await go(`/runs/${id}?tab=metrics`);
    const button = page.getByRole("button", { name: "loss: limits of y" });
    await button.press("Enter");
    const form = page.getByRole("dialog", { name: "loss: limits of y" });
    await form.getByLabel("y from").fill("20");
    await form.getByLabel("to", { exact: true }).fill("10");
    await form.getByRole("button", { name: "Set" }).press("Enter");
    await form.getByRole("alert").getByText("The first has to be below the second.").waitFor();
    const limits = () => new URL(page.url()).searchParams.get("y");
    expect(limits()).toBeNull();
    await form.getByLabel("to", { exact: true }).fill("25.5");
    await form.getByRole("button", { name: "Set" }).press("Enter");
    await expect.poll(limits, SLOW).toBe("20..25.5 loss");
    await expectGood(); // with its form open
    await page.keyboard.press("Escape");
    await page.reload();
    await expect.poll(() => button.getAttribute("aria-pressed"), SLOW).toBe("true");
    await page.getByRole("application", { name: "loss: zoom" }).locator("canvas").waitFor();
    await shot("limits-of-y");
    await button.press("Enter");
    await form.getByRole("button", { name: "As values go" }).press("Enter");
    await expect.poll(limits, SLOW).toBeNull();
  });

  test("a study's page shows the logs of the runs inside of it", async () => {
    const { client, page, go, expectGood, shot } = opened;
    const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
    const failing = { ...config, model: "/nowhere/else", baseWeights: "float32" };
    const doomed = { kind: "study" as const, name: "logged", config: failing, checkPaths: false };
    const { id } = await client.api.runs.launch.mutate(doomed);
    await untilEnded(client, id);
    const { children } = await client.api.runs.get.query({ id });
    const failed = children.find(({ state }) => state === "FAILED")!;
    await go(`/runs/${id}?tab=logs`);
    await page.getByRole("combobox", { name: "Log of" }).press("Enter");
    await page.getByRole("option", { name: `${failed.name}, failed`, exact: true }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("of"), SLOW).toBe(failed.id);
    await page.getByRole("log").getByText("/nowhere/else").first().waitFor();
    await expectGood();
    await shot("logs-inside");
    await page.getByRole("link", { name: "Its page" }).click();
    await page.getByRole("heading", { name: failed.name, exact: true }).waitFor();
  });
}
