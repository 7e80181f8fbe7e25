import { expect, test } from "vitest";
import { SLOW, type Opened } from "./opened.ts";

/** Metrics in sections, pinned ones first. */
export function sectionTests(opened: Opened): void {
  test("a run's metrics stand in sections that fold, by keyboard; pinned ones come first, for everybody, also where runs are compared", async () => {
    const { client, page, go, expectGood, shot } = opened;
    const launch = async (name: string): Promise<string> => {
      const keys = ["loss", "train/rate", "train/norm", "eval/win", "eval/lose", "a", "b"];
      const config = { steps: 4, stepMs: 1, keys };
      const { id } = await client.api.runs.launch.mutate({ project: "sections", kind: "sleep", name, config });
      await expect.poll(async () => (await client.api.runs.get.query({ id })).state, SLOW).toBe("SUCCEEDED");
      return id;
    };
    const ids = [await launch("one"), await launch("two")];
    await go(`/runs/${ids[0]}?project=sections&tab=metrics`);
    const section = (name: string) => page.getByRole("region", { name, exact: true });
    const head = (name: string) => section(name).getByRole("button", { name: new RegExp(`^${name} [0-9]`) });
    const chart = (name: string) => page.getByRole("img", { name, exact: true });
    await chart("eval/win").locator("canvas").waitFor();
    const titles = () => page.locator("main h2").allTextContents();
    const words = async () => (await titles()).map((title) => title.replace(/[0-9].*/, ""));
    expect(await words()).toEqual(["General", "eval", "train", "system"]);
    await section("system").getByText(/^0 of/).waitFor();

    await head("eval").press("Enter");
    await chart("eval/win").waitFor({ state: "hidden" });
    await expect.poll(() => head("eval").getAttribute("aria-expanded")).toBe("false");
    await page.reload();
    await head("eval").waitFor();
    expect(await chart("eval/win").count()).toBe(0);
    await head("eval").press("Enter");
    await chart("eval/win").waitFor();
    await section("train").getByRole("button", { name: "train: show all 2" }).press("Enter");
    await chart("train/rate").locator("canvas").waitFor();
    await head("system").press("Enter"); // nothing of it is drawn at first
    await chart("system/memoryMb").locator("canvas").waitFor();

    await page.getByRole("button", { name: "eval/win: pin" }).press("Enter");
    await section("Pinned").waitFor();
    await expect.poll(async () => (await titles())[0], SLOW).toMatch(/^Pinned/);
    await section("Pinned").getByRole("img", { name: "eval/win", exact: true }).locator("canvas").waitFor();
    expect(await section("eval").getByRole("img", { name: "eval/win", exact: true }).count()).toBe(0);
    const pins = async () =>
      (await client.api.projects.list.query({})).projects.find(({ name }) => name === "sections")!.pinnedMetrics;
    expect(await pins()).toEqual(["eval/win"]);
    await expectGood();
    await shot("sections");

    await go(`/compare?project=sections&runs=${ids.join(",")}`);
    await section("Pinned").getByRole("img", { name: "eval/win", exact: true }).locator("canvas").waitFor();
    await head("train").press("Enter");
    await chart("train/rate").locator("canvas").waitFor();
    await expectGood();
    await section("Pinned").getByRole("button", { name: "eval/win: pin" }).press("Enter");
    await section("Pinned").waitFor({ state: "hidden" });
    expect(await pins()).toEqual([]);
  });

  test("pins are added one by one, in their order, and there may be fifty", async () => {
    const { client } = opened;
    const pin = (...pinMetrics: string[]) => client.api.projects.update.mutate({ project: "sections", pinMetrics });
    await Promise.all(["x", "y", "z"].map((key) => pin(key)));
    const { projects } = await client.api.projects.list.query({});
    expect(projects.find(({ name }) => name === "sections")!.pinnedMetrics.toSorted()).toEqual(["x", "y", "z"]);
    await expect(pin(...Array.from({ length: 48 }, (_, index) => `m${index}`))).rejects.toThrow(
      "A project has at most 50 pinned metrics; with these it would have 51. Unpin some first.",
    );
    await client.api.projects.update.mutate({ project: "sections", unpinMetrics: ["x", "y", "z", "never"] });
  });
}
