import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import { isFile } from "./exists.ts";
import { modelPath } from "./model-path.ts";
import { readText } from "./read-text.ts";
import { readGgufHeader } from "./gguf/header.ts";
import { isGgufPath } from "./gguf/is-gguf.ts";
import { ggufTensors } from "./gguf/stored-tensors.ts";
import { indexSafetensors } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** The weights of a model: one safetensors file, several with an index, or a GGUF file. */
export interface WeightFiles {
  /** in the order of their names */
  paths: string[];
  tensors: Map<string, StoredTensor>;
}

export const WEIGHTS_FILE = "model.safetensors";
export const WEIGHTS_INDEX_FILE = "model.safetensors.index.json";

/** An index names every tensor and its file; a larger one is broken or hostile. */
const INDEX_LIMIT_BYTES = 64 * 1024 * 1024;

const Index = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * Reads the headers of a model's weights: of a folder model.safetensors, else the files that model.safetensors.index.json
 * names; or a GGUF file, whose tensors are given Hugging Face's names.
 * @throws UniArmError model-missing-file, model-index-invalid, model-pickle, safetensors-*, gguf-*, model-unsupported
 */
export async function openWeights(place: string): Promise<WeightFiles> {
  const folder = modelPath(place);
  if (isGgufPath(folder)) return { paths: [folder], tensors: ggufTensors(readGgufHeader(folder)) };
  if (await isFile(join(folder, WEIGHTS_FILE))) return openFiles(folder, [WEIGHTS_FILE]);
  if (!(await isFile(join(folder, WEIGHTS_INDEX_FILE)))) throw await noWeights(folder);
  const map = await readIndex(join(folder, WEIGHTS_INDEX_FILE));
  const weights = await openFiles(folder, [...new Set(Object.values(map))].sort());
  for (const [name, file] of Object.entries(map)) {
    if (weights.tensors.get(name)?.path === join(folder, file)) continue;
    throw invalidIndex(
      join(folder, WEIGHTS_INDEX_FILE),
      `it says that tensor ${show(name)} is in ${file}, but it is not`,
    );
  }
  return weights;
}

async function openFiles(folder: string, names: readonly string[]): Promise<WeightFiles> {
  const paths = names.map((name) => join(folder, name));
  const tensors = new Map<string, StoredTensor>();
  for (const path of paths) {
    for (const [name, span] of (await indexSafetensors(path)).tensors) {
      const twice = tensors.get(name);
      if (twice) throw invalidIndex(path, `tensor ${show(name)} is also in ${twice.path}`);
      tensors.set(name, { ...span, path });
    }
  }
  return { paths, tensors };
}

async function readIndex(path: string): Promise<Record<string, string>> {
  const { size } = await stat(path);
  if (size > INDEX_LIMIT_BYTES) throw invalidIndex(path, `it has ${size} bytes; the limit is ${INDEX_LIMIT_BYTES}`);
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (cause) {
    throw invalidIndex(path, `it is not JSON (${(cause as Error).message})`, cause);
  }
  const parsed = Index.safeParse(json);
  if (!parsed.success) throw invalidIndex(path, 'expected an object {"weight_map": {tensor name: file name}}');
  const files = Object.values(parsed.data.weight_map);
  if (files.length === 0) throw invalidIndex(path, "it names no tensor");
  const stray = files.find((file) => basename(file) !== file || !file.endsWith(".safetensors"));
  if (stray !== undefined)
    throw invalidIndex(path, `it names the file ${show(stray)}; expected a .safetensors file of the same folder`);
  return parsed.data.weight_map;
}

async function noWeights(folder: string): Promise<UniArmError> {
  const files = await readdir(folder).catch(() => [] as string[]);
  const pickle = files.find((file) => /^pytorch_model.*\.bin$/.test(file));
  if (pickle !== undefined) {
    return new UniArmError(
      "model-pickle",
      `Model folder ${folder} has its weights in ${pickle}, a Python pickle, which can run code when it is read; expected safetensors. ` +
        `Convert it: python -c "from transformers import AutoModelForCausalLM as M; M.from_pretrained('${folder}', dtype='auto').save_pretrained('${folder}')"`,
    );
  }
  return new UniArmError(
    "model-missing-file",
    `Model folder ${folder} has neither ${WEIGHTS_FILE} nor ${WEIGHTS_INDEX_FILE}. A model folder holds config.json, its weights and tokenizer.json.`,
  );
}

function invalidIndex(path: string, what: string, cause?: unknown): UniArmError {
  return new UniArmError(
    "model-index-invalid",
    `${path} cannot be used: ${what}. Copy or download the files of one model again.`,
    { cause },
  );
}

const show = (text: string): string => JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}...`);
