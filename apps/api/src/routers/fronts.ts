import { LIMITS, Normaliser } from "@uniarm/core/schema";
import {
  compareProtocols,
  findProject,
  frontAnswers,
  frontChoices,
  frontOverSteps,
  getFront,
  listEvaluations,
  listFronts,
  type FrontAnswers,
  type FrontChoices,
  type FrontDetail,
  type FrontOverSteps,
  type FrontSummary,
  type StoredEvaluation,
} from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { judge } from "../tiny-world/judge.ts";
import { optimumOf, type Optimum } from "../tiny-world/optimum.ts";
import { at, gives, listed, Project, router } from "../trpc.ts";

export const fronts = router({
  list: at("read", "GET /fronts", "A page of Pareto fronts, newest first")
    .input(
      z.object({
        project: Project.optional(),
        run: z.string().max(40).optional().describe("of this run and its children"),
        protocol: z.string().max(64).optional().describe("hash, or its beginning: fronts of one protocol compare"),
        method: z.string().max(64).optional(),
        cursor: z.string().max(2000).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
    )
    .output(gives<{ fronts: Plain<FrontSummary>[]; nextCursor: string | null }>())
    .query(async ({ ctx, input: { project, ...query } }) => {
      const place = project === undefined ? {} : { projectId: await findProject(ctx.db, project) };
      return plain(await listFronts(ctx.db, { ...query, ...place }));
    }),

  choices: at("read", "GET /fronts/choices", "Methods, protocols and runs that the fronts of a project are of")
    .input(
      z.object({ project: Project.default("default"), limit: z.coerce.number().int().min(1).max(500).default(100) }),
    )
    .output(gives<FrontChoices>())
    .query(async ({ ctx, input: { project, limit } }) =>
      frontChoices(ctx.db, await findProject(ctx.db, project), limit),
    ),

  get: at("read", "GET /fronts/{id}", "A front with its points, intervals and protocol")
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<Plain<FrontDetail>>())
    .query(async ({ ctx, input }) => plain(await getFront(ctx.db, input.id))),

  compare: at("read", "GET /compare/fronts", "Fronts side by side, and whether their protocols allow it")
    .input(z.object({ ids: z.string().max(LIMITS.list).describe("ids of fronts, with commas") }))
    .output(gives<{ comparable: boolean; differences: string[]; fronts: Plain<FrontDetail>[] }>())
    .query(async ({ ctx, input }) => {
      const found = await Promise.all(listed(input.ids, LIMITS.overlaid).map((id) => getFront(ctx.db, id)));
      const differences = compareProtocols(found);
      return plain({ comparable: differences.length === 0, differences, fronts: found });
    }),

  answers: at(
    "read",
    "GET /fronts/{id}/points/{position}/answers",
    "The answers behind a point of a front, with their rewards",
  )
    .input(
      z.object({
        id: z.string().max(40),
        position: z.coerce.number().int().nonnegative().max(1_000_000),
        cursor: z.string().max(400).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(20),
      }),
    )
    .output(gives<FrontAnswers>())
    .query(async ({ ctx, input }) => {
      const { answers, ...page } = await frontAnswers(ctx.db, ctx.store, input);
      // no scores are kept of the base model alone; on tiny-world they follow from the text
      const rewardsOf = (prompt: string, text: string) => judge(prompt, [text], [])?.answers[0]?.rewards ?? null;
      return plain({
        ...page,
        answers: answers.map((answer) => ({
          ...answer,
          rewards: answer.rewards ?? rewardsOf(answer.prompt, answer.text),
        })),
      });
    }),

  optimum: at(
    "read",
    "GET /fronts/{id}/optimum",
    "The exact optimum under a front's protocol, where that is tiny-world's",
  )
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<{ optimum: Optimum | null }>())
    .query(async ({ ctx, input }) => {
      const { objectives, normaliser, points } = await getFront(ctx.db, input.id);
      const preferences = points.map(({ preference }) => preference);
      return { optimum: optimumOf({ objectives, normaliser: Normaliser.parse(normaliser), preferences }) };
    }),

  overSteps: at(
    "read",
    "GET /fronts/{id}/over-steps",
    "Fronts of the same training run's other checkpoints, same protocol",
  )
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<Plain<FrontOverSteps>>())
    .query(async ({ ctx, input }) => plain(await frontOverSteps(ctx.db, input.id))),
});

export const evaluations = router({
  list: at("read", "GET /runs/{id}/evaluations", "Evaluation reports of a run")
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<{ evaluations: Plain<StoredEvaluation>[] }>())
    .query(async ({ ctx, input }) => plain({ evaluations: await listEvaluations(ctx.db, input.id) })),
});
