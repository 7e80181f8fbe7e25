import { CheckpointManifest, isScorer, UniArmError, type GenerateInput } from "@uniarm/core/schema";
import { findArmCheckpoint, type BlobStore, type Database } from "@uniarm/db";
import { usualStrength } from "./strength.ts";

/** An ARM that runs of this server have trained. */
export interface Arm {
  checkpointId: string;
  manifest: CheckpointManifest;
  /** base model of the run that trained it, as its config names it; null where it names none */
  model: string | null;
  /** 1 / beta_dec at which it is usually asked */
  strength: number;
}

/**
 * The ARM that an id of a checkpoint or of a run stands for.
 * @throws UniArmError arm-missing, arm-ambiguous, arm-invalid, run-missing
 */
export async function findArm(db: Database, store: BlobStore, id: string): Promise<Arm> {
  const { checkpointId, files, runConfig } = await findArmCheckpoint(db, id);
  const file = files.findLast(({ path }) => /(^|\/)manifest\.json$/.test(path)); // of several rounds the newest, as at a worker
  const manifest = file && CheckpointManifest.safeParse(JSON.parse(await textOf(store, file.sha256)));
  if (!manifest?.success)
    throw new UniArmError(
      "arm-invalid",
      `Checkpoint ${checkpointId} holds no ARM: no training run made it. Name a run that trained one: uniarm runs ls "kind = train"`,
    );
  const { method } = manifest.data;
  if (isScorer(method))
    throw new UniArmError(
      "arm-invalid",
      `Checkpoint ${checkpointId} holds a ${method}, which gives scores and answers nothing. Name a run that trained an ARM, or score with it: its run's output "scorer" is a reward model's folder.`,
    );
  const strength = usualStrength(manifest.data.training, runConfig);
  return { checkpointId, manifest: manifest.data, model: modelOf(runConfig), strength };
}

/** Runs name it as `model`; a recorded demo has the name of a model of tiny-world. */
function modelOf(config: unknown): string | null {
  const { model, base } = config as { model?: unknown; base?: unknown };
  if (typeof model === "string") return model;
  return typeof base === "string" ? `tiny-world:${base}` : null;
}

async function textOf(store: BlobStore, sha256: string): Promise<string> {
  const stream = await store.read(sha256);
  return (await stream.setEncoding("utf8").toArray()).join("");
}

/**
 * What each row is asked under.
 * @throws UniArmError preferences-needed, preferences-without-arm, preference-invalid
 */
export function checkPreferences(preferences: GenerateInput["preferences"], arm: Arm | null): (number[] | null)[] {
  if (!arm) {
    if (preferences?.some((preference) => preference !== null))
      throw new UniArmError(
        "preferences-without-arm",
        "Preferences were given, but no ARM: the base model alone cannot follow them. Name a checkpoint or a run that trained one as `arm`, or leave out the preferences.",
      );
    return preferences ? preferences.map(() => null) : [null];
  }
  const names = arm.manifest.objectives.map(({ name }) => name);
  const expected = `${names.length} entries that sum to 1, in the order [${names.join(", ")}]`;
  if (!preferences)
    throw new UniArmError(
      "preferences-needed",
      `Say how much each objective counts: \`preferences\`, each with ${expected}.`,
    );
  for (const preference of preferences)
    if (preference !== null && preference.length !== names.length)
      throw new UniArmError(
        "preference-invalid",
        `Preference [${preference.join(", ")}] has ${preference.length} ${preference.length === 1 ? "entry" : "entries"}; checkpoint ${arm.checkpointId} weighs ${names.length} objectives. Give ${expected}.`,
      );
  return preferences.map((preference) => preference && [...preference]);
}
