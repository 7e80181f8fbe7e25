import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { untilEnded, type Client } from "@uniarm/client";
import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

let recordings = 0;
/** A run that ran elsewhere, with its config and one value of a metric. */
async function recorded(client: Client, config: Record<string, unknown>, loss: number): Promise<string> {
  const externalId = `recorded-elsewhere-${(recordings += 1)}`;
  const about = {
    workerId: "testworker",
    host: "test",
    project: "judged",
    externalId,
    name: JSON.stringify(config),
    config,
  };
  const { runId, attemptId } = await client.api.work.record.mutate(about);
  const event = { sequence: 1, time: Date.now(), type: "metric" as const, step: 1, values: { loss } };
  await client.api.work.events.mutate({ attemptId: attemptId!, events: [event] });
  const end = { end: "SUCCEEDED", reason: "", exit: null, lastSequence: 1 } as const;
  await client.api.work.end.mutate({ attemptId: attemptId!, ...end });
  return runId;
}

/** Several runs in place of one. */
export function sweepTests(opened: Opened): void {
  const table = () => opened.page.getByRole("region", { name: "Runs of this sweep" });
  const status = () => opened.page.getByRole("status").filter({ hasText: /at once|Name|Give|comes to/ });

  test("a sweep is launched from the form, which says how many runs it comes to, and its page has them as a table", async () => {
    const { client, page, go, expectGood, shot } = opened;
    await go("/launch?kind=sleep&project=swept");
    await page.getByLabel("Several runs, which differ in some settings").check();
    await status().getByText("Name a setting that varies.").waitFor();
    await page.getByLabel("Setting 1 that varies", { exact: true }).fill("steps");
    await page.getByLabel("Values of setting 1").fill("2, many");
    await page.getByRole("button", { name: "Launch 2 runs" }).click();
    await page.getByRole("alert").getByText("(steps=many)").waitFor();
    await page.getByLabel("Values of setting 1").fill("2, 3");
    await page.getByRole("button", { name: "Vary another setting" }).press("Enter");
    await page.getByLabel("Setting 2 that varies", { exact: true }).fill("stepMs");
    await page.getByLabel("Values of setting 2").fill("0, 1");
    await status().getByText("4 runs, at most 4 at once").waitFor();
    await expectGood();
    await shot("sweep-form");
    await page.getByRole("button", { name: "Launch 4 runs" }).click();
    await page.waitForURL(/\/runs\/[0-9a-z]+/);
    const id = /\/runs\/([0-9a-z]+)/.exec(page.url())![1]!;
    expect((await untilEnded(client, id)).state).toBe("SUCCEEDED");
    await expect.poll(() => table().getByRole("row").count(), SLOW).toBe(5);
    const cells = () => table().getByRole("row").nth(4).getByRole("cell").allTextContents();
    await expect
      .poll(async () => (await cells()).slice(0, 5), SLOW)
      .toEqual(["steps=3, stepMs=1", "succeeded", "3", "1", "3"]); // the last is the metric
    await expectGood();
    await shot("sweep");
    await page.getByRole("link", { name: "In the runs table" }).click();
    await expect.poll(() => page.getByRole("table", { name: "Runs" }).getByRole("row").count(), SLOW).toBe(5);

    await go(`/launch?clone=${id}`);
    await page.getByRole("button", { name: "Launch 4 runs" }).waitFor();
    await expect.poll(() => page.getByLabel("Values of setting 2").inputValue()).toBe("0, 1");
  });

  test("the page of a sweep says which of its runs failed; it is resumed from there", async () => {
    const { client, page, go } = opened;
    const search = { type: "grid", fields: { steps: [1, 2, 3] } };
    const base = { stepMs: 1, failAtStep: 2 };
    const { id } = await client.api.runs.launch.mutate({
      kind: "sweep",
      name: "some fail",
      config: { kind: "sleep", base, search },
    });
    expect((await untilEnded(client, id)).state).toBe("FAILED");
    await go(`/runs/${id}`);
    const blamed = page.getByRole("list", { name: "Runs inside that failed" });
    await blamed.getByRole("link", { name: "steps=2" }).waitFor();
    await expect.poll(() => blamed.getByRole("listitem").count()).toBe(2);
    await page.getByRole("button", { name: "Resume" }).click();
    await expect
      .poll(
        async () =>
          (await client.api.runs.get.query({ id })).children.filter(({ state }) => state !== "SUCCEEDED").length,
        SLOW,
      )
      .toBe(2);
  });

  test("what mattered is said and drawn, by how many runs, and refused where they are too few", async () => {
    const { client, page, go, cli, expectGood, shot } = opened;
    const { runs: swept } = await client.api.runs.list.query({ project: "swept", filter: "kind = sweep" });
    await go(`/runs/${swept[0]!.id}`);
    await page.getByRole("button", { name: "What mattered" }).press("Enter");
    await page.getByText("Importance is judged by at least 10 runs that have the figure; 4 runs have it.").waitFor();

    const ids: string[] = [];
    for (const rate of [0.1, 0.2, 0.3, 0.4])
      for (const kind of ["a", "b", "c"])
        ids.push(await recorded(client, { rate, kind }, 10 * rate + (kind === "a" ? 0.1 : 0)));
    await go(`/compare?view=importance&runs=${ids.join(",")}`);
    await page.getByText(/^By 12 runs\. Shares of the variance/).waitFor();
    await page.getByRole("button", { name: "importance of settings: show as a table" }).click();
    const rows = page.getByRole("region", { name: "importance of settings" }).getByRole("row");
    const [, first, second] = await rows.allTextContents();
    expect(first).toMatch(/^rate0\.9/);
    expect(second).toMatch(/^kind0/);
    await page.getByRole("img", { name: "slice of kind" }).locator("canvas").waitFor();
    await page.getByRole("button", { name: "importance of settings: show as a chart" }).click();
    await expectGood();
    await shot("importance");
    const printed = await cli("runs", "importance", ...ids, "--metric", "loss");
    expect(printed.stdout).toMatch(/^by 12 runs\nsetting .*\nrate +0\.9\d+ /);
  });

  test("the command line makes a sweep of a launch, says what it comes to, and refuses what does not fit", async () => {
    const { client, platform, cli } = opened;
    const file = join(platform.folder, "sweep.json");
    await writeFile(file, JSON.stringify({ kind: "sleep", name: "from a terminal", config: { stepMs: 0 } }));
    const dry = await cli("launch", file, "--sweep", "steps=1,2", "checkpointEvery=1,2,3", "--dry-run");
    expect([dry.code, dry.stdout, dry.stderr]).toEqual([0, "", "6 runs, at most 4 at once\n"]);
    const refused = await cli("launch", file, "--sweep", "stepz=1");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("search.stepz: there is no such setting; did you mean steps? (stepz=1)");
    const drawn = await cli(
      "launch",
      file,
      "--sweep",
      "steps=1..9",
      "--random",
      "2",
      "--sweep-seed",
      "7",
      "--parallel",
      "2",
    );
    expect(drawn.stderr).toContain("2 runs, at most 2 at once");
    const run = await untilEnded(client, drawn.stdout.split("\n")[0]!);
    expect([run.kind, run.state]).toEqual(["sweep", "SUCCEEDED"]);
    expect(run.children.map(({ name }) => name.replace(/^\d: /, ""))).toHaveLength(2);
    expect(run.children.every(({ name }) => /steps=[1-9]$/.test(name))).toBe(true);
  });
}
