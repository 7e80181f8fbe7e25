import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isFolder } from "../files/exists.ts";
import { ggufConfigJson } from "../files/gguf/config-json.ts";
import { readGgufHeader } from "../files/gguf/header.ts";
import { isGgufPath } from "../files/gguf/is-gguf.ts";
import { modelPath } from "../files/model-path.ts";
import { readText } from "../files/read-text.ts";
import { openWeights, WEIGHTS_FILE } from "../files/sharded.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { parseConfigJson } from "./parse-config.ts";
import { parseGenerationConfig } from "./parse-generation.ts";

export const CONFIG_FILE = "config.json";
const GENERATION_FILE = "generation_config.json";

/**
 * config.json of a model folder, with the special tokens of its generation_config.json where that names them; of a GGUF file
 * what its keys say.
 * @throws UniArmError model-missing-file, model-config-invalid, model-unsupported, gguf-*
 */
export async function readModelConfig(place: string): Promise<ModelConfig> {
  const folder = modelPath(place);
  if (isGgufPath(folder)) return parseConfigJson(await readConfigJson(folder), folder);
  const config = parseConfigJson(await readConfigJson(folder), join(folder, CONFIG_FILE));
  const path = join(folder, GENERATION_FILE);
  if (!(await isFile(path))) return config;
  return { ...config, ...parseGenerationConfig(await readJson(path), path) };
}

/** The JSON of config.json; of a GGUF file that of its keys. @throws UniArmError model-missing-file, model-config-invalid, gguf-* */
export async function readConfigJson(place: string): Promise<unknown> {
  const folder = modelPath(place);
  if (isGgufPath(folder)) return ggufConfigJson(readGgufHeader(folder));
  await requireFile(folder, CONFIG_FILE);
  return readJson(join(folder, CONFIG_FILE));
}

async function readJson(path: string): Promise<unknown> {
  const { size } = await stat(path);
  if (size > CONFIG_LIMIT_BYTES)
    throw new UniArmError("model-config-invalid", `${path} has ${size} bytes; the limit is ${CONFIG_LIMIT_BYTES}.`);
  const text = await readText(path);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new UniArmError("model-config-invalid", `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** Published ones have a few kilobytes. */
const CONFIG_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * sha256 of the bytes of the weights: config.json may change its layout, the weights may not. Of several files, one after
 * the other in the order of their names.
 * @throws UniArmError as `openWeights` does
 */
export async function hashModel(place: string): Promise<string> {
  const folder = modelPath(place);
  if (!isGgufPath(folder)) await requireFile(folder, CONFIG_FILE);
  return hashFiles((await openWeights(folder)).paths);
}

/** sha256 of files, one after the other. */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const bytes = Buffer.allocUnsafe(HASHED_BYTES); // one for all: a stream would leave the size of the model as garbage
  for (const path of paths) {
    const file = await open(path);
    try {
      let read = 0;
      do {
        read = (await file.read(bytes)).bytesRead;
        hash.update(bytes.subarray(0, read));
      } while (read > 0);
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex");
}

/** read at a time */
const HASHED_BYTES = 1024 * 1024;

async function requireFile(folder: string, name: string): Promise<void> {
  if (!(await isFolder(folder))) {
    throw new UniArmError(
      "model-missing-file",
      `There is no model folder ${folder}. A model folder holds ${CONFIG_FILE}, ${WEIGHTS_FILE} and tokenizer.json.`,
    );
  }
  if (!(await isFile(join(folder, name)))) {
    const gguf = (await readdir(folder)).find(isGgufPath);
    if (gguf !== undefined)
      throw new UniArmError(
        "model-missing-file",
        `Folder ${folder} has no ${name}, but a GGUF file. Name that file in its place: ${join(folder, gguf)}.`,
      );
    throw new UniArmError(
      "model-missing-file",
      `Model folder ${folder} has no ${name}. A model folder holds ${CONFIG_FILE}, ${WEIGHTS_FILE} and tokenizer.json.`,
    );
  }
}
