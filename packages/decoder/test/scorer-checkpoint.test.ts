import { expect, test } from "vitest";
import { temporaryFolder } from "@uniarm/core/testing";
import { openGuidedModel } from "../src/guided-model.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

test("a scorer's checkpoint answers nothing, and says what it is for", async () => {
  const { path, remove } = await temporaryFolder();
  try {
    await expect(openGuidedModel(await writeTinyWorld(path, "scorer"))).rejects.toThrow(
      "This checkpoint holds a scorer, which gives scores and answers nothing. Name its model folder among rewardModels to score answers with it, or give a checkpoint of uniarm, parm, genarm, dpo, modpo, finetune.",
    );
  } finally {
    await remove();
  }
});
