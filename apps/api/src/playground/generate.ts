import { type GenerateChunk, type GenerateInput } from "@uniarm/core/schema";
import { ensureProject, newId } from "@uniarm/db";
import type { Context } from "../context.ts";
import { answers, IDLE } from "./answers.ts";
import { checkPreferences, findArm } from "./arm.ts";
import { playgroundRun, type Wanted } from "./find-run.ts";

const DEFAULT_MODEL = "tiny-world:default";

/**
 * Answers a request: finds or launches the run that holds its model, says what it waits for, then passes on its tokens.
 * @param signal aborts when the client goes away: its responses are cancelled
 * @throws UniArmError before the first chunk, for an ARM or preferences that do not fit
 */
export async function* generate(
  ctx: Context,
  { project, model, arm: armId, preferences, ...settings }: GenerateInput,
  signal: AbortSignal,
): AsyncGenerator<GenerateChunk, void> {
  const arm = armId == null ? null : await findArm(ctx.db, ctx.store, armId);
  const asked = { ...settings, preferences: checkPreferences(preferences, arm) };
  const wanted: Wanted = {
    ...(await ensureProject(ctx.db, project)),
    model: model ?? arm?.model ?? DEFAULT_MODEL,
    createdBy: ctx.caller?.name ?? "",
    checkpoint: arm && `checkpoint:${arm.checkpointId}`,
  };
  for (let tries = 1; ; tries++) {
    const run = await playgroundRun(ctx.db, wanted);
    let begun = false;
    let ended = false;
    for await (const chunk of answers(ctx, run, { ...asked, id: newId() }, signal)) {
      begun ||= chunk.type === "token";
      ended = chunk.type === "error" && chunk.code === IDLE && !begun && tries === 1;
      if (!ended) yield chunk;
    }
    if (!ended) return; // else it was idle, and ended before it got this request: the next run answers
  }
}
