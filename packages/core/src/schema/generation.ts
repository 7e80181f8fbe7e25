import { z } from "zod";

export const Prompt = z.strictObject({
  id: z.string().min(1).describe("its name in generations and scores"),
  text: z.string().describe("what is asked"),
});
export type Prompt = z.infer<typeof Prompt>;

/** One decoded response; one line of generations.jsonl. Equal (promptId, preference, sample) is the same request. */
export const Generation = z.object({
  promptId: z.string(),
  prompt: z.string(),
  preference: z.array(z.number()).nullable().describe("in the order of the objectives; null: unguided base model"),
  sample: z.int().nonnegative().describe("number of the sample among samplesPerPrompt"),
  text: z.string(),
  tokenIds: z.array(z.int().nonnegative()).describe("generated ids, end-of-sequence included"),
  finish: z.enum(["eos", "length"]),
  logProbNats: z.number().describe("sum of the chosen tokens' log-probabilities under the guided distribution"),
});
export type Generation = z.infer<typeof Generation>;
