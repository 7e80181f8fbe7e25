import { writeFileAtomically } from "@uniarm/core";
import { UniArmError, type StrengthChoice } from "@uniarm/core/schema";
import { chooseStrength } from "@uniarm/eval";
import { readReport } from "../read-report.ts";
import { ChoiceJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

/** The front at each of several strengths, on validation prompts -> the one that is decoded with, in strength.json. */
export async function* chooseStage(given: unknown, { place }: StageContext): AsyncGenerator<StageEvent> {
  const { reports: paths, strengths, rule } = ChoiceJob.parse(given);
  if (paths.length !== strengths.length)
    throw new UniArmError(
      "strengths-reports",
      `There are ${paths.length} reports and ${strengths.length} strengths. Give each strength the report of its front, in their order.`,
    );
  const reports = await Promise.all(paths.map(readReport));
  const choice = chooseStrength(
    reports.map(({ report }, index) => ({ strength: strengths[index]!, report })),
    rule,
  );
  yield { type: "notice", code: "strength-chosen", message: sentenceOf(choice) };
  const file = place("strength.json");
  await writeFileAtomically(file, `${JSON.stringify(choice, null, 2)}\n`);
  yield { type: "artifact", name: "strength", files: { "strength.json": file } };
  yield { type: "ended", end: "SUCCEEDED", reason: `strength ${choice.chosen}` };
}

function sentenceOf({ chosen, tried }: StrengthChoice): string {
  const excluded = tried.flatMap(({ strength, excluded: why }) => (why === null ? [] : [`${strength} (${why})`]));
  const left = excluded.length === 0 ? "" : `; excluded: ${excluded.join("; ")}`;
  return `Strength ${chosen} of ${tried.map(({ strength }) => strength).join(", ")} was chosen on validation prompts${left}.`;
}
