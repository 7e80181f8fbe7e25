import type { CheckpointManifest } from "@uniarm/core/schema";
import { TINY_WORLD_STRENGTH } from "@uniarm/tiny-world/schema";
import { z } from "zod";

/** A recorded demo says how strongly its ARM steers, a training with rounds how strongly it did in them. */
const Said = z.object({
  strength: z.number().nonnegative().optional(),
  exploration: z.object({ roundStrength: z.number().nonnegative() }).optional(),
});

/**
 * How strongly an ARM usually steers: as its run has it, else as its recipe is used; 1 where another program trained it.
 * An ARM that was trained as it is decoded says nonsense at the strength that one trained alone needs.
 */
export function usualStrength(training: CheckpointManifest["training"], runConfig: unknown): number {
  const said = Said.safeParse(runConfig).data;
  return said?.strength ?? said?.exploration?.roundStrength ?? (training ? TINY_WORLD_STRENGTH[training.recipe] : 1);
}
