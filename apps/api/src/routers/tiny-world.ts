import { testPrompts } from "@uniarm/tiny-world/exact";
import { z } from "zod";
import { judge, type Judgement } from "../tiny-world/judge.ts";
import { at, gives, router } from "../trpc.ts";

const Preference = z.array(z.number().min(0).max(1)).min(2).max(3);

export const tinyWorld = router({
  prompts: at("read", "GET /tiny-world/prompts", "Held-out prompts of tiny-world")
    .input(z.object({}))
    .output(gives<{ prompts: { id: string; text: string }[] }>())
    .query(() => ({ prompts: testPrompts() })),

  judge: at(
    "read",
    null,
    "Exact rewards of answers to a prompt of tiny-world, and the best possible; null for any other prompt",
  )
    .input(
      z.object({
        prompt: z.string().max(2000),
        answers: z.array(z.string().max(4000)).max(32),
        preferences: z.array(Preference).max(32).default([]),
      }),
    )
    .output(gives<{ judgement: Judgement | null }>())
    .query(({ input: { prompt, answers, preferences } }) => ({ judgement: judge(prompt, answers, preferences) })),
});
