import { z } from "zod";
import { BaseWeights } from "./base-weights.ts";
import { EvaluationConfig } from "./evaluation.ts";
import { ObjectiveName } from "./objective.ts";
import { PreferenceVector } from "./preference.ts";
import { PromptFormatName } from "./prompt-format.ts";
import { Seed } from "./seed.ts";
import { TemplateVars } from "./template-vars.ts";

/** Ours to say: the question, one answer to it, whole. */
const KEPT_PARAMETERS = ["model", "messages", "stream", "stream_options", "n"];

const Address = z
  .string()
  .superRefine((text, context) => {
    const problem = problemOfAddress(text);
    if (problem) context.addIssue({ code: "custom", message: problem });
  })
  .describe("address that /chat/completions is added to, such as http://localhost:8000/v1");

/** Never repeats the address: it may hold a password. */
function problemOfAddress(text: string): string | null {
  if (!URL.canParse(text)) return "url is not an address; expected one such as http://localhost:8000/v1";
  const { protocol, username, password, search, hash, pathname } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") return "url must begin with http:// or https://";
  if (username || password)
    return "url holds a user or password; leave them out, and name the variable that holds the key in keyVariable";
  if (search || hash) return "url has a part after ? or #; leave it out";
  if (pathname.endsWith("/chat/completions"))
    return "url ends with /chat/completions, which is added to it; leave it out";
  return null;
}

/** A language model behind an API in the form of OpenAI's. */
export const EndpointJudge = z.strictObject({
  type: z.literal("endpoint").describe("a server that answers /chat/completions as OpenAI's does"),
  url: Address,
  model: z.string().min(1).describe("name of the model, as the endpoint knows it"),
  keyVariable: z
    .string()
    .regex(
      /^[A-Z][A-Z0-9_]{0,63}$/,
      "keyVariable is the NAME of the environment variable that holds the key: capital letters, digits and _; the key itself belongs into no config",
    )
    .optional()
    .describe("name of the environment variable that holds the API key; default: no key is sent"),
  parameters: z
    .record(z.string(), z.json())
    .refine(
      (parameters) => KEPT_PARAMETERS.every((name) => !Object.hasOwn(parameters, name)),
      `parameters may not hold ${KEPT_PARAMETERS.join(", ")}`,
    )
    .default({ temperature: 0, max_tokens: 1024 })
    .describe("further keys of every request; what is given replaces the default as a whole"),
  timeoutMs: z.int().min(1).max(300_000).default(120_000).describe("wait for an answer, then try again"),
  retries: z
    .int()
    .nonnegative()
    .max(20)
    .default(6)
    .describe("further tries of a request that met 408, 409, 429, 5xx, a broken connection or no answer in time"),
  retryDelayMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(1000)
    .describe(
      "wait before the first retry, doubled with each up to a minute; the endpoint's Retry-After counts instead",
    ),
  price: z
    .strictObject({
      promptPerMillion: z.number().nonnegative().describe("of a million tokens of questions"),
      completionPerMillion: z.number().nonnegative().describe("of a million tokens of answers"),
    })
    .optional()
    .describe("what tokens cost, in any currency; default: no cost is given"),
});
export type EndpointJudge = z.infer<typeof EndpointJudge>;

/** A model folder, decoded greedily on this machine. */
export const LocalJudge = z.strictObject({
  type: z.literal("local").describe("a model folder, decoded greedily on this machine"),
  model: z.string().min(1).describe("folder of the model"),
  baseWeights: BaseWeights.optional(),
  promptFormat: PromptFormatName,
  templateVars: TemplateVars,
  maxNewTokens: z.int().positive().default(512).describe("the most tokens of an answer"),
});
export type LocalJudge = z.infer<typeof LocalJudge>;

export const JudgeModel = z.discriminatedUnion("type", [EndpointJudge, LocalJudge]);
export type JudgeModel = z.infer<typeof JudgeModel>;

const PLACES = ["{prompt}", "{first}", "{second}"];

/** What answers are compared on. It has no direction: the judge is asked which answer does better at it. */
export const JudgedObjective = z.strictObject({
  name: ObjectiveName.describe("its name in verdicts, and in scores where some are given"),
  description: z.string().min(1).max(2000).describe("what it asks for, in words; the judge reads this"),
  question: z
    .string()
    .refine((text) => PLACES.every((place) => text.includes(place)), `a question needs ${PLACES.join(", ")}`)
    .optional()
    .describe(
      "the question in words of your own, with {prompt}, {first} and {second}, and {description} if you like; how the verdict is to be written is added to it",
    ),
});
export type JudgedObjective = z.infer<typeof JudgedObjective>;

/** Everything that a win rate needs apart from files: who judges, on what, and how much it may ask. */
export const JudgingSettings = z.strictObject({
  judge: JudgeModel.describe("who judges: an endpoint or a model folder"),
  objectives: z
    .array(JudgedObjective)
    .min(1)
    .max(16)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, "objective names must differ")
    .describe("what answers are compared on, one after the other"),
  preferences: z
    .array(PreferenceVector)
    .min(1)
    .optional()
    .describe("judge only the answers at these preferences; default: those at all"),
  concurrency: z.int().min(1).max(256).default(4).describe("questions that are asked at once"),
  maxRequests: z
    .int()
    .nonnegative()
    .default(10_000)
    .describe(
      "the most requests of this run, retries included; a plan with more questions is refused before the first",
    ),
  bootstrapResamples: EvaluationConfig.shape.bootstrapResamples,
  confidence: EvaluationConfig.shape.confidence,
  seed: Seed,
});
export type JudgingSettings = z.infer<typeof JudgingSettings>;

/** Everything that `judge` needs. */
export const JudgingConfig = JudgingSettings.safeExtend({
  generations: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe("the method's answers: JSONL of Generation, one file or a list of them"),
  opponent: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe("the opponent's answers to the same prompts, usually the base model's; one file or a list of them"),
  scores: z.string().min(1).optional().describe("JSONL of Score of the method's answers, to compare judge and scorer"),
  opponentScores: z.string().min(1).optional().describe("the same of the opponent's"),
  output: z.string().min(1).describe("JSONL file of verdicts to write"),
  report: z.string().min(1).describe("JSON file of the report to write"),
  cache: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file of the judge's answers, which runs share one after another; default: judge.cache.jsonl beside the output",
    ),
}).superRefine((config, context) => {
  const issue = (path: string, message: string): void => {
    context.addIssue({ code: "custom", path: [path], message });
  };
  if ((config.scores === undefined) !== (config.opponentScores === undefined))
    issue("opponentScores", "scores and opponentScores go together: agreement compares the scores of both answers");
  const read = [config.generations, config.opponent, config.scores ?? [], config.opponentScores ?? []].flat();
  const written = [config.output, config.report, config.cache ?? []].flat();
  const twice = written.find((path, place) => read.includes(path) || written.indexOf(path) !== place);
  if (twice !== undefined) issue("output", `${twice} is named twice: files to write need names of their own`);
});
export type JudgingConfig = z.infer<typeof JudgingConfig>;
