import { existsSync } from "node:fs";
import { readJsonLines } from "@uniarm/core";
import { Prompt, UniArmError } from "@uniarm/core/schema";
import { CHARACTERS_PER_TOKEN, planJudging, type JudgingPlan } from "@uniarm/pipeline";
import { hasTimedShards, planLaunch, StudyConfig, studyCosts, withShards } from "@uniarm/pipeline/schema";
import { testPrompts, validationPrompts } from "@uniarm/tiny-world";
import { readLaunchFile } from "../launch-file.ts";
import type { ConnectFlags } from "../server/connect.ts";
import { table } from "../server/table.ts";
import { estimateStudy } from "./estimate.ts";
import { planOnKubernetes, planOnSlurm, sitePlanText } from "./plan-on-site.ts";

export interface PlanFlags extends ConnectFlags {
  prompts?: number;
  json?: boolean;
  /** site files */
  slurm?: string;
  kubernetes?: string;
  label?: string[];
  project?: string;
}

/** Prints what a study will take. @throws UniArmError config-invalid, study-expected, prompts-count, prompts-without-effect, site-unclear, site-missing, site-invalid */
export async function planStudy(file: string, flags: PlanFlags): Promise<void> {
  const { kind, config: written } = readLaunchFile(file, "study");
  if (kind !== "study") throw new UniArmError("study-expected", `${file} is of kind ${kind}, not a study.`);
  const isTimed = hasTimedShards(written);
  const { slurm, kubernetes } = flags;
  if (slurm !== undefined && kubernetes !== undefined)
    throw new UniArmError("site-unclear", "A plan is of one site: name a file with --slurm or with --kubernetes.");
  const estimates = isTimed || (slurm ?? kubernetes) !== undefined ? await estimateStudy(flags, written) : null;
  const shards = estimates?.decodeShardsOf ?? null;
  const given = isTimed && shards !== null ? withShards(written, shards) : written;
  const plan = planLaunch("study", given);
  const config = StudyConfig.parse(plan.config);
  const { asked, count: prompts } = await promptsOf(config, flags.prompts);
  const costs = studyCosts(plan, prompts, await validationPromptsOf(config));
  const judging = asked && planJudging(config, asked);
  const planned = { project: flags.project ?? "default", labels: flags.label ?? [], estimates };
  const submitted =
    slurm !== undefined
      ? planOnSlurm(given, slurm, planned)
      : kubernetes !== undefined
        ? planOnKubernetes(given, kubernetes, planned)
        : null;
  if (flags.json) {
    const counted = {
      jobs: plan.nodes.length,
      prompts,
      methods: costs,
      ...(config.judging ? { judging } : {}),
      ...(isTimed ? { decodeShardsOf: shards } : {}),
      ...(submitted ? { steps: submitted.steps } : {}),
    };
    process.stdout.write(`${JSON.stringify({ type: "study-plan", ...counted })}\n`);
    return;
  }
  const rows = costs.map(({ name, trainings, adapters, steps, trainingTokens, passes, answers, decodingTokens }) => [
    name,
    ...[trainings, adapters, steps, trainingTokens, passes, answers, decodingTokens].map(countText),
  ]);
  const heading = [
    "method",
    "trainings",
    "adapters",
    "steps",
    "tokens trained",
    "passes a token",
    "answers",
    "tokens decoded",
  ];
  process.stdout.write(
    `${table(heading, rows)}\n${plan.nodes.length} jobs. Tokens are the most there can be: every text as long as it may be, all seeds and passes together; fronts that rounds of training measure on the way are not counted.\n` +
      (isTimed ? shardsText(shards) : "") +
      (config.judging ? judgingText(judging) : "") +
      (prompts === null ? "The file of prompts is not on this machine: say how many there are with --prompts.\n" : "") +
      (submitted ? `\n${sitePlanText(submitted)}` : ""),
  );
}

const countText = (count: number | null): string => (count === null ? "?" : count.toLocaleString("en-US"));

/** Parts that follow from shardMinutes. */
function shardsText(shards: Record<string, number> | null): string {
  if (shards === null)
    return "No server answers that knows past runs: how many parts shardMinutes comes to is counted at the launch. Here each decoding is one.\n";
  const parts = Object.entries(shards).map(([name, count]) => `${name} ${count}`);
  return `Parts of the decodings, by shardMinutes and past runs: ${parts.join(", ")}.\n`;
}

function judgingText(judging: JudgingPlan | null): string {
  if (judging === null) return "What the judge will be asked depends on the prompts, which are not on this machine.\n";
  const { questions, promptTokens, completionTokens, cost } = judging;
  const answered = completionTokens === null ? "" : `, at most ${countText(completionTokens)} of its answers`;
  const price = cost === null ? "" : `, cost about ${Number(cost.toPrecision(3))}`;
  return `The judge is asked at most ${countText(questions)} questions: about ${countText(promptTokens)} tokens of questions (${CHARACTERS_PER_TOKEN} characters a token, every answer as long as it may be)${answered}${price}.\n`;
}

/** How many prompts strengths are chosen on. */
async function validationPromptsOf({ task, strengthChoice }: StudyConfig): Promise<number | null> {
  if (task.type === "tiny-world") return validationPrompts().length;
  return (strengthChoice?.prompts === undefined ? null : await readHere(strengthChoice.prompts))?.length ?? null;
}

/** Null for a file that is not on this machine. */
const readHere = async (file: string): Promise<Prompt[] | null> =>
  existsSync(file) ? readJsonLines(file, Prompt) : null;

/** The prompts that are answered, where they are at hand, and how many they are. */
async function promptsOf(
  { task }: StudyConfig,
  given: number | undefined,
): Promise<{ asked: Prompt[] | null; count: number | null }> {
  if (given !== undefined && !(Number.isInteger(given) && given > 0))
    throw new UniArmError("prompts-count", `--prompts takes a whole number above 0, such as 1500; got ${given}.`);
  if (given !== undefined && task.type === "tiny-world")
    throw new UniArmError(
      "prompts-without-effect",
      `--prompts has no effect here: tiny-world answers testPrompts of them, ${task.testPrompts}. Leave it out, or set task.testPrompts in the study.`,
    );
  if (given !== undefined) return { asked: null, count: given };
  const asked = task.type === "tiny-world" ? testPrompts(task.testPrompts) : await readHere(task.prompts);
  return { asked, count: asked?.length ?? null };
}
