import { LIMITS, type EvaluationReport } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

const CHOSEN = 170;
const HASH = "0123456789abcdef".repeat(4);

const report: EvaluationReport = {
  config: {
    objectives: ["helpful", "harmless"].map((name) => ({ name, description: name, direction: "maximize" })),
    normaliser: { nadir: [0, 0], ideal: [1, 1] },
    referencePoint: [-0.1, -0.1],
    bootstrapResamples: 0,
    permutations: 0,
    confidence: 0.95,
    seed: 0,
  },
  protocolHash: HASH,
  front: {
    points: [
      [1, 0],
      [0, 1],
    ].map((preference) => ({
      preference,
      promptCount: 1,
      normalised: preference,
      dominated: false,
      mean: preference.map((value) => ({ value, interval: null })),
    })),
    hypervolume: { value: 0.5, interval: null },
    meanInnerProduct: { value: 0.1, interval: null },
  },
};

/** More fronts than an address has room for. */
export function manyFrontsTests(opened: Opened): void {
  test("any number of fronts is chosen and overlaid: the server keeps a long choice, and what is past the limit is said", async () => {
    const { client, page, go, expectGood } = opened;
    const about = { workerId: "testworker", host: "test", project: "many", externalId: "many-fronts", name: "many" };
    const { runId, attemptId } = await client.api.work.record.mutate({ ...about, config: {} });
    const events = Array.from({ length: LIMITS.overlaid + 1 }, (_, index) => ({
      sequence: index + 1,
      time: Date.now(),
      type: "report" as const,
      name: `front ${index}`,
      report,
    }));
    await client.api.work.events.mutate({ attemptId: attemptId!, events });
    const end = { end: "SUCCEEDED", reason: "", exit: null, lastSequence: events.length } as const;
    await client.api.work.end.mutate({ attemptId: attemptId!, ...end });

    await go(`/runs/${runId}?project=many`);
    await page.getByRole("button", { name: "Open together" }).press("Enter");
    await page.getByRole("heading", { name: `${LIMITS.overlaid} fronts` }).waitFor();
    await page.getByText(`${LIMITS.overlaid} of ${events.length} chosen fronts are overlaid`).waitFor();
    expect(new URL(page.url()).search.length).toBeLessThan(100);

    const { fronts } = await client.api.fronts.list.query({ project: "many", limit: CHOSEN });
    await client.api.selections.store.mutate({ id: "manyfronts12", items: fronts.map(({ id }) => id) });
    await go("/fronts?project=many&chosenIn=manyfronts12");
    await page.getByText(`${CHOSEN} chosen`).waitFor();
    await page
      .getByRole("checkbox", { name: /^Choose front/ })
      .first()
      .uncheck();
    await page.getByText(`${CHOSEN - 1} chosen`).waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get("chosenIn"), SLOW).not.toBe("manyfronts12");
    await page.reload(); // the server has it
    await page.getByText(`${CHOSEN - 1} chosen`).waitFor();
    await expectGood();
    await page.getByRole("link", { name: "Overlay" }).click();
    await page.getByRole("heading", { name: `${CHOSEN - 1} fronts` }).waitFor();
    await page.getByRole("link", { name: "Choose others" }).click();
    await page.getByText(`${CHOSEN - 1} chosen`).waitFor();
  });
}
