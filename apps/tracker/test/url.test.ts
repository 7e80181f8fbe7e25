// @vitest-environment jsdom
import { createMemoryHistory } from "@tanstack/react-router";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { RunSearch, RunsSearch } from "../src/app/search.ts";
import { listOf, textOfList } from "../src/text/list.ts";

beforeAll(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
});

/** The URL that a page writes, read again. */
async function roundTrip(to: string, search: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { router } = await import("../src/app/routes.tsx");
  const { href } = router.buildLocation({ to, search } as never);
  router.update({ history: createMemoryHistory({ initialEntries: [href] }) } as never);
  return router.matchRoutes(router.parseLocation(router.history.location)).at(-1)!.search as never;
}

describe("what stands in the URL", () => {
  test.each([
    [
      "/runs",
      {
        project: "p",
        filter: 'config.lambda > 0.1 "a b"',
        sort: "-metric.loss",
        columns: "state,config.seed",
        group: "kind",
        children: true,
      },
    ],
    [
      "/runs/abc",
      {
        project: "default",
        tab: "metrics",
        keys: "loss,loss/helpful",
        x: "tokens",
        smooth: 0.5,
        log: true,
        from: 10,
        to: 200,
      },
    ],
    ["/runs/abc", { project: "2024", tab: "metrics", keys: '"acc@1,5",f1 score,loss(x=1),"say \\"hi\\"",1e5' }],
    ["/runs", { project: "true", filter: '"my run"', columns: 'metric."a,b",metric."reward.max"' }],
    ["/runs", { project: "null", filter: "007" }],
    ["/runs", { project: "1e5", filter: '{"a":1}', archived: false }],
    ["/launch", { project: "default", template: "quick", view: "changes" }],
    ["/fronts", { project: "default", ids: "a,b", axes: "0,1" }],
    ["/compare", { project: "default", runs: "a,b,c", baseline: "a" }],
    ["/playground", { project: "default", checkpoint: "c", prompt: "12", preferences: "0.5,0.5;1,0", strength: 2.5 }],
  ])("of %s comes back as it was", async (to, search) => {
    expect(await roundTrip(to, search)).toEqual(search);
  });

  test.each(["2024", "true", "null", "1e5", "[1]"])("is text where a project is called %s", async (project) => {
    const { router } = await import("../src/app/routes.tsx");
    for (const written of [project, `"${project}"`]) {
      const history = createMemoryHistory({ initialEntries: [`/runs?project=${encodeURIComponent(written)}`] });
      router.update({ history } as never);
      expect(router.matchRoutes(router.parseLocation(router.history.location)).at(-1)!.search).toMatchObject({
        project,
      });
    }
  });

  test("by accident or malice becomes the default", () => {
    expect(RunsSearch.parse({ filter: { a: 1 }, group: "shoe size", columns: "x".repeat(9999) })).toEqual({});
    expect(RunSearch.parse({ tab: "<script>", smooth: 7, from: -1, to: "many" })).toEqual({});
  });
});

test("a list in a URL has each item once", () => {
  expect(listOf("a,b,,a")).toEqual(["a", "b"]);
  expect(listOf(undefined)).toEqual([]);
  expect(listOf('"never closed')).toEqual([]);
  expect(textOfList(["a", "b", "a"])).toBe("a,b");
  expect(textOfList([])).toBeUndefined();
});
