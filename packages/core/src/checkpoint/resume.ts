import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isFile } from "../files/exists.ts";
import { readText } from "../files/read-text.ts";
import { float32Of, readSafetensors, writeSafetensors, type TensorData } from "../files/safetensors.ts";
import { UniArmError } from "../schema/error.ts";
import { requireCheckpoint } from "./find.ts";

const JSON_FILE = "resume.json";
const TENSORS_FILE = "resume.safetensors";

/** What a trainer needs to continue exactly: its own JSON (counters, random streams) and tensors (optimizer moments). */
export interface ResumeState {
  json: unknown;
  tensors: Record<string, TensorData>;
}

export async function writeResume(folder: string, { json, tensors }: ResumeState): Promise<void> {
  await writeSafetensors(join(folder, TENSORS_FILE), tensors);
  await writeFile(join(folder, JSON_FILE), `${JSON.stringify(json, null, 2)}\n`);
}

/**
 * The resume state of a checkpoint, or of a run folder's newest complete checkpoint.
 * @throws UniArmError checkpoint-missing, checkpoint-resume-missing, checkpoint-resume-invalid, safetensors-*
 */
export async function readResume(folder: string): Promise<ResumeState> {
  const found = await requireCheckpoint(folder);
  const path = join(found, JSON_FILE);
  if (!(await isFile(path))) {
    throw new UniArmError(
      "checkpoint-resume-missing",
      `${found} can be decoded with but not trained on: it has no ${JSON_FILE}. Resume from a checkpoint that uniarm train wrote.`,
    );
  }
  const json = await parse(path);
  const { tensors } = await readSafetensors(join(found, TENSORS_FILE));
  const entries = [...tensors].map(([name, entry]) => {
    const { shape, dtype, bytes } = entry;
    const data = dtype === "I32" ? new Int32Array(new Uint8Array(bytes).buffer) : float32Of(entry);
    return [name, { shape, data }] as const;
  });
  return { json, tensors: Object.fromEntries(entries) };
}

async function parse(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(path)) as unknown;
  } catch (cause) {
    throw new UniArmError(
      "checkpoint-resume-invalid",
      `${path} is not JSON: ${(cause as Error).message}. Resume from an older checkpoint.`,
      { cause },
    );
  }
}
