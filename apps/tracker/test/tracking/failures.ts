import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { untilEnded } from "@uniarm/client";
import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Which run inside of another one failed, and why. */
export function failureTests(opened: Opened): void {
  test("a study's page and `runs show` say which of its runs failed, with its sentence and a link to it", async () => {
    const { client, page, go, cli, expectGood, shot } = opened;
    const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
    const failing = { ...config, model: "/nowhere/model", baseWeights: "float32" };
    const doomed = { kind: "study" as const, name: "doomed", config: failing, checkPaths: false };
    const { id } = await client.api.runs.launch.mutate(doomed);
    await untilEnded(client, id);
    const { children } = await client.api.runs.get.query({ id });
    const failed = children.filter(({ state }) => state === "FAILED");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]!.reason).toContain("/nowhere/model");

    await go(`/runs/${id}`);
    const blamed = page.getByRole("list", { name: "Runs inside that failed" });
    const sentences = failed.map(({ name, reason }) => `${name} failed: ${reason}`);
    await expect.poll(() => blamed.getByRole("listitem").allTextContents(), SLOW).toEqual(sentences);
    await expectGood();
    await shot("failed-study");
    await blamed.getByRole("link", { name: failed[0]!.name }).click();
    await page.getByRole("heading", { name: failed[0]!.name, exact: true }).waitFor();

    // what waited for it names it as well
    const givenUp = children.find(({ reason }) => reason.startsWith(`${failed[0]!.name} ended`))!;
    await go(`/runs/${givenUp.id}`);
    const cause = page.getByRole("list", { name: "What keeps it from its inputs" });
    await cause.getByRole("link", { name: failed[0]!.name }).waitFor();
    await cause.getByText("/nowhere/model").waitFor();

    const { stdout } = await cli("runs", "show", id);
    expect(stdout).toContain(`${failed[0]!.name} (${failed[0]!.id}) failed: ${failed[0]!.reason}\n`);
  });
}
