import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { TrainingConfig, type RunEvent } from "@uniarm/core/schema";
import { train } from "@uniarm/trainer";

/** Trains into `config.output`, or goes on with the run that an earlier attempt left there. */
export async function* trainHere(
  config: TrainingConfig,
  signal: AbortSignal,
): AsyncGenerator<Exclude<RunEvent, { type: "report" }>> {
  const stored = join(config.output, "config.json");
  const resume = existsSync(stored);
  if (resume) await moveHere(stored, config);
  for await (const event of train(config, { signal, resume })) if (event.type !== "report") yield event;
}

/**
 * Model and pairs may lie elsewhere than where the last attempt ran. Every other setting stays as it was stored, so that
 * `train` refuses one that changed; a file that cannot be read is its to refuse, too.
 */
async function moveHere(stored: string, config: TrainingConfig): Promise<void> {
  const before = TrainingConfig.safeParse(
    await readFile(stored, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  if (!before.success) return;
  const { model, pairs, validationPairs, startFrom, replayPairs, marginFrom, output } = config;
  const moved = { ...before.data, model, pairs, validationPairs, startFrom, replayPairs, marginFrom, output };
  await writeFileAtomically(stored, `${JSON.stringify(moved, null, 2)}\n`);
}
