import type { JudgeReport } from "@uniarm/core/schema";
import { chatCompletion, openChatEndpoint, type ChatEndpoint, type ChatRequest } from "@uniarm/core/testing";
import { untilRun } from "@uniarm/cli/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT } from "../tooling/chromium.ts";
import { open, type Opened } from "./tracking/opened.ts";

const STARTS_MS = 240_000;
const STUDY_MS = 240_000;

/** Holds the longer answer for the better one. */
function longerIsBetter({ question }: ChatRequest) {
  const lengthOf = (place: string): number =>
    new RegExp(`<${place}_answer>\n([^]*?)\n</${place}_answer>`).exec(question)![1]!.length;
  const [first, second] = [lengthOf("first"), lengthOf("second")];
  const better = first === second ? "tie" : first > second ? "first" : "second";
  return { body: chatCompletion(`{"better": "${better}"}`) };
}

const studyJudgedAt = (url: string): object => ({
  model: "tiny-world:quick",
  task: { type: "tiny-world", pairs: 32, testPrompts: 4 },
  methods: [
    {
      name: "uniarm",
      training: {
        steps: 6,
        batchPairs: 4,
        adapter: { kind: "moslora", rank: 2 },
        optimizer: { learningRate: 0.1, warmupSteps: 0 },
      },
      strength: 40,
    },
  ],
  seeds: [0, 1],
  divisions: 1,
  maxNewTokens: 8,
  judging: { judge: { type: "endpoint", url, model: "a-judge" } },
});

describe.skipIf(CHROMIUM === null)(
  `what a judge said of a study, in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    let opened: Opened;
    let judge: ChatEndpoint;
    beforeAll(async () => {
      judge = await openChatEndpoint(longerIsBetter);
      opened = await open({}, ["--judge", judge.url]);
    }, STARTS_MS);
    afterAll(async () => {
      await opened?.close();
      await judge?.close();
    });

    test(
      "a study's page has the win rates of each training, with their counts, as the report has them",
      { timeout: STUDY_MS },
      async () => {
        const { platform, page, go, client, expectGood, shot } = opened;
        const launch = { project: "judged", name: "judged", config: studyJudgedAt(judge.url) };
        const { id } = await platform.insist<{ id: string }>("POST", "/api/runs", { ...launch, kind: "study" });
        await untilRun(platform, id);
        const { children } = await client.api.runs.get.query({ id });
        const reports = new Map<string, JudgeReport>();
        for (const child of children.filter(({ kind }) => kind === "judge")) {
          const { artifacts } = await client.api.artifacts.list.query({ id: child.id });
          const [file] = artifacts.find(({ name }) => name === "judged")!.files;
          const answer = await fetch(`${platform.url}/api/blobs/${file!.sha256}`);
          reports.set(child.name.replace("/judge", ""), (await answer.json()) as JudgeReport);
        }
        expect([...reports.keys()]).toEqual(["uniarm/0", "uniarm/1"]);

        await go(`/runs/${id}?project=judged`);
        const table = page.getByRole("region", { name: "Win rates against the base model" });
        for (const [training, { rates }] of reports) {
          await page.getByRole("combobox", { name: "Training that was judged" }).press("Enter");
          await page.getByRole("option", { name: training }).press("Enter");
          const shown = rates.map(({ preference, objective, winRate, pairs, wins, ties, losses, failed }) => [
            `(${preference!.join(", ")})`,
            objective,
            expect.stringContaining(String(Number(winRate!.value.toPrecision(3)))) as string,
            ...[pairs, wins, ties, losses, failed].map(String),
          ]);
          const cells = async (): Promise<string[][]> =>
            (await table.locator("tbody tr").allInnerTexts()).map((row) => row.split("\t").map((cell) => cell.trim()));
          await expect.poll(cells).toEqual(shown);
        }
        await page.getByText("by a-judge: wins and half of ties and failures").waitFor();
        await expectGood();
        await shot("win-rates");
        expect(opened.troubles).toEqual([]);
      },
    );
  },
);
