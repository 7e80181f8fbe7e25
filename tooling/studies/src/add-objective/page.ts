import { UniArmError } from "@uniarm/core/schema";
import { writeFileAtomically } from "@uniarm/core";
import { markdownTable } from "../markdown-table.ts";
import { DESIGN } from "./design.ts";
import { PAGE_FILE, readResults, type AddObjectiveResults, type ArmResult } from "./results.ts";

/** Most of the old front's hypervolume that adding an objective may cost. */
const TOLERATED = 0.05;

const ROWS: Record<string, string> = {
  base: "base model alone",
  before: "two objectives, before",
  "description-only": "+ description only, no training",
  added: "+ trained on",
  "added-replay": "+ trained on, replay",
  "added-frozen": "+ trained on, A and B frozen",
  "added-frozen-replay": "+ trained on, A and B frozen, replay",
  "from-start": "all three from the start",
};
/** The ways to add that are judged. */
const WAYS = ["description-only", "added", "added-replay", "added-frozen", "added-frozen-replay"];

/** docs/studies/add-objective.md from its figures. */
export function addObjectivePage({ seeds, machine }: AddObjectiveResults): string {
  const of = (name: string): ArmResult[] => seeds.map(({ arms }) => arms.find((arm) => arm.name === name)!);
  const forgotten = (name: string): number[] =>
    of(name).map(({ old }, index) => 1 - old.hypervolume / of("before")[index]!.old.hypervolume);
  const all = (values: readonly (number | null)[], shown: (value: number) => string): string => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return "";
    return known.length === 1 ? shown(known[0]!) : `${shown(mean(known))} (${known.map(shown).join(", ")})`;
  };
  const kept = WAYS.filter((name) => mean(forgotten(name)) <= TOLERATED);
  const ofThree = (figure: "hypervolume" | "meanInnerProduct", name: string): number =>
    mean(of(name).map((arm) => arm.all![figure]));
  const best = (figure: "hypervolume" | "meanInnerProduct"): string => {
    const [name] = WAYS.toSorted((one, other) => ofThree(figure, other) - ofThree(figure, one));
    return `${quoted([name!])} (${three(ofThree(figure, name!))}; from the start ${three(ofThree(figure, "from-start"))})`;
  };
  const quoted = (names: readonly string[]): string => names.map((name) => `"${ROWS[name]!}"`).join(", ");
  const others = WAYS.filter((name) => !kept.includes(name));
  return [
    "# Adding an objective later",
    `Made by \`pnpm study:add-objective:page\` from \`add-objective.json\`, which \`pnpm study:add-objective\` writes. UniARM on tiny-world, recipe \`${DESIGN.recipe}\`, strength ${DESIGN.strength}: ${DESIGN.oldSteps} steps on ${DESIGN.oldPairs} pairs with winners on helpful and harmless, then ${DESIGN.addedSteps} steps that add humorous, on ${DESIGN.newPairs} other pairs with winners on humorous alone. Replay draws half of each step from the old pairs. "From the start" has the same pairs, the same labels and as many steps as both together. Fronts are greedy answers to ${DESIGN.prompts.split(":")[1]!} held-out prompts: the old front on the grid of two objectives in steps of 1/${DESIGN.oldDivisions}, humorous counting nothing; the front of three in steps of 1/${DESIGN.allDivisions}. ${seeds.length === 1 ? "One seed" : `Means over ${seeds.length} seeds, which have pairs of their own, with each seed in brackets`}; seconds on ${machine}, one thread, beside other work.`,
    markdownTable(
      [
        "",
        "old HV",
        "old MIP",
        "old HV forgotten",
        "HV of three",
        "MIP of three",
        "humorous, where it alone counts",
        "training, s",
      ],
      Object.keys(ROWS).map((name) => [
        ROWS[name]!,
        all(
          of(name).map(({ old }) => old.hypervolume),
          three,
        ),
        all(
          of(name).map(({ old }) => old.meanInnerProduct),
          three,
        ),
        WAYS.includes(name) || name === "from-start" ? all(forgotten(name), percent) : "",
        all(
          of(name).map((arm) => arm.all?.hypervolume ?? null),
          three,
        ),
        all(
          of(name).map((arm) => arm.all?.meanInnerProduct ?? null),
          three,
        ),
        all(
          of(name).map(({ corner }) => corner),
          two,
        ),
        all(
          of(name).map(({ seconds }) => seconds),
          (value) => value.toFixed(0),
        ),
      ]),
    ),
    "## What holds",
    [
      kept.length > 0
        ? `- At most ${percent(TOLERATED)} of the old front's hypervolume is lost by ${quoted(kept)}.`
        : `- No way of adding loses at most ${percent(TOLERATED)} of the old front's hypervolume.`,
      ...(others.length > 0
        ? [
            `- More is lost by ${quoted(others)}. The new pairs say nothing of the old objectives, and A and B are shared by all preferences: what moves them for humorous moves the answers at every other preference, too. All three from the start come to an old front that is ${percent(mean(forgotten("from-start")))} below the one of two objectives, so about that much is the price of a third objective at this size and these steps, rather than of its coming later.`,
          ]
        : []),
      `- Of the ways to add, the largest hypervolume of three is that of ${best("hypervolume")}, and the largest mean inner product that of ${best("meanInnerProduct")}. Without replay, an ARM that is free to change answers every preference more as humorous wants: its points lie far out on that axis, and the preference steers it little. Frozen factors keep the old front because only the map from the preference to the modulation can change, and learn less of the new objective for the same reason.`,
      "- A description alone leaves the old front as it was and teaches nothing. The new vector is orthogonal to the old ones, so that no gradient of the first training pointed along it: what the ARM does there is left from its random start and from AdamW's steps, which follow the signs of a gradient more than its direction. What is measured at those preferences is the old objectives' share of the mix, and chance.",
    ].join("\n"),
    `One size of adapter, one number of steps, one share of replay, ${seeds.length === 1 ? "one seed" : `${seeds.length} seeds`}: differences of a few hundredths mean nothing. Nothing was chosen on these prompts.`,
    "",
  ].join("\n\n");
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const three = (value: number): string => value.toFixed(3);
const two = (value: number): string => value.toFixed(2);
const percent = (share: number): string => `${Math.round(100 * share)} %`;

export async function writeAddObjectivePage(): Promise<void> {
  const results = await readResults();
  if (!results)
    throw new UniArmError("study-missing", "There are no figures yet. Make them: pnpm study:add-objective --seeds 0");
  await writeFileAtomically(PAGE_FILE, addObjectivePage(results));
}
