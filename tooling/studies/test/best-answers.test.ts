import { createRandom } from "@uniarm/core";
import { preferenceGrid } from "@uniarm/core/schema";
import { exactBest, parsePrompt, VALIDATION_TASKS } from "@uniarm/tiny-world";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import { expect, test } from "vitest";
import { bestAnswerPairs } from "../src/best-answers/pairs.ts";

test.each([2, 3] as const)(
  "of %d objectives, every prompt has an answer as good as the best at each preference that is decoded, and none asks about a validation task",
  (objectives) => {
    const names = tinyWorldObjectives(objectives).map(({ name }) => name);
    const byPrompt = Map.groupBy(bestAnswerPairs(objectives, createRandom(0)), ({ prompt }) => prompt);
    expect(byPrompt.size).toBe(3 * (284 - 40));
    for (const [prompt, pairs] of byPrompt) {
      const task = parsePrompt(prompt);
      expect(VALIDATION_TASKS).not.toContain(task);
      const answers = pairs.flatMap(({ scores }) => [0, 1].map((side) => names.map((name) => scores![name]![side]!)));
      for (const preference of preferenceGrid(objectives, objectives === 2 ? 10 : 5)) {
        const valueOf = (rewards: readonly number[]): number =>
          rewards.reduce((sum, reward, index) => sum + preference[index]! * reward, 0);
        const wanted = valueOf(exactBest(task.level, preference).rewards);
        expect(Math.max(...answers.map(valueOf))).toBeCloseTo(wanted, 5);
      }
    }
  },
);
