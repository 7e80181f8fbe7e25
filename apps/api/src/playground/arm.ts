import { CheckpointManifest, UniArmError, type GenerateInput } from "@uniarm/core/schema";
import { resolveRunId, type BlobStore, type Database } from "@uniarm/db";

/** A reward model that runs of this server have made. */
export interface Arm {
  checkpointId: string;
  manifest: CheckpointManifest;
  /** base model of the run that trained it, as its config names it; null where it names none */
  model: string | null;
}

/**
 * The checkpoint that an id of a checkpoint or of a run stands for: of a run its best, else its newest; of a study
 * its only one that trained.
 * @throws UniArmError arm-missing, arm-ambiguous, arm-invalid, run-missing
 */
export async function findArm(db: Database, store: BlobStore, id: string): Promise<Arm> {
  const checkpointId = await checkpointOf(db, id);
  const { files, run } = await db.prisma.checkpoint.findUniqueOrThrow({
    where: { id: checkpointId },
    include: { files: { select: { path: true, sha256: true } }, run: { select: { config: true } } },
  });
  const file = files.find(({ path }) => /(^|\/)manifest\.json$/.test(path));
  const manifest = file && CheckpointManifest.safeParse(JSON.parse(await textOf(store, file.sha256)));
  if (!manifest?.success)
    throw new UniArmError(
      "arm-invalid",
      `Checkpoint ${checkpointId} holds no reward model: it is not of a training run. Name a run that trained one: uniarm runs ls "kind = train"`,
    );
  return { checkpointId, manifest: manifest.data, model: modelOf(run.config) };
}

async function checkpointOf({ prisma }: Database, id: string): Promise<string> {
  const itself = await prisma.checkpoint.findFirst({ where: { id, deletedAt: null }, select: { id: true } });
  if (itself) return itself.id;
  const runId = await resolveRunId({ prisma }, id);
  const run = await prisma.run.findUniqueOrThrow({
    where: { id: runId },
    select: {
      name: true,
      cachedFromId: true,
      children: { where: { kind: "train", deletedAt: null }, select: { id: true, name: true, cachedFromId: true } },
    },
  });
  const made = async (of: { id: string; cachedFromId: string | null }) =>
    prisma.checkpoint.findFirst({
      where: { runId: of.cachedFromId ?? of.id, deletedAt: null },
      orderBy: [{ best: "desc" }, { createdAt: "desc" }, { step: "desc" }],
      select: { id: true },
    });
  const own = await made({ id: runId, cachedFromId: run.cachedFromId });
  if (own) return own.id;
  if (run.children.length > 1)
    throw new UniArmError(
      "arm-ambiguous",
      `Run ${runId} (${run.name}) trained several reward models. Name one of its runs: ${run.children.map((child) => `${child.id} (${child.name})`).join(", ")}.`,
    );
  const [child] = run.children;
  const found = child && (await made(child));
  if (found) return found.id;
  throw new UniArmError(
    "arm-missing",
    `Run ${runId} (${run.name}) has no checkpoint. Wait until it has saved one, or name another run: uniarm runs ls "kind = train"`,
  );
}

/** Runs name it as `model`; a recorded demo has the name of a model of tiny-world. */
function modelOf(config: unknown): string | null {
  const { model, base } = config as { model?: unknown; base?: unknown };
  if (typeof model === "string") return model;
  return typeof base === "string" ? `tiny-world:${base}` : null;
}

async function textOf(store: BlobStore, sha256: string): Promise<string> {
  const { stream } = await store.read(sha256);
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
        "Preferences were given, but no reward model: the base model cannot follow them. Name a checkpoint or a run that trained one as `arm`, or leave out the preferences.",
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
