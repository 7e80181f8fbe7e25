import { existsSync } from "node:fs";
import { UniArmError } from "@uniarm/core/schema";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { readJsonFile } from "./schema-options.ts";

/** What a file asks for: its kind and config, and whatever else a launch may say. */
export interface LaunchFile extends Record<string, unknown> {
  kind: string;
  config: unknown;
}

export const TEMPLATE_NAMES: readonly string[] = STUDY_TEMPLATES.map(({ name }) => name);

/**
 * A JSON file with a config, or with {kind, config, ...}; or a template by its name, where no file is called so.
 * @param kind of a file that holds a config alone
 * @throws UniArmError launch-missing, launch-invalid
 */
export function readLaunchFile(file: string, kind: string): LaunchFile {
  const template = STUDY_TEMPLATES.find(({ name }) => name === file);
  if (!existsSync(file)) {
    if (template) return { kind: "study", name: template.title, config: template.config };
    throw new UniArmError(
      "launch-missing",
      `There is no file ${file}, and no template of that name. Templates: ${TEMPLATE_NAMES.join(", ")}.`,
    );
  }
  const content = readJsonFile(file, "file to launch");
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new UniArmError("launch-invalid", `${file} holds no settings: a JSON object is expected.`);
  return "kind" in content && "config" in content ? (content as LaunchFile) : { kind, config: content };
}
