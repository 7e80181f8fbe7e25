import { hubPlace, isHubModel, parseHubModel, UniArmError } from "@uniarm/core/schema";
import { z } from "zod";
import { nearest } from "./nearest.ts";

/** What a setting of a job refers to. */
export type Reference =
  /** what another run puts out, by the name of the job's own input */
  | { type: "input"; name: string }
  /** an uploaded dataset of the project, by name or id */
  | { type: "dataset"; name: string }
  /** a checkpoint of any run, by id */
  | { type: "checkpoint"; id: string }
  /** a base model that tiny-world ships */
  | { type: "tiny-world"; name: "default" | "quick" }
  /** so many of tiny-world's held-out prompts; null: those for choosing settings and ending a training */
  | { type: "tiny-world-prompts"; count: number | null }
  /** a file or folder where the job runs */
  | { type: "path"; path: string };

export type ReferenceType = Reference["type"];

const SCHEMES = ["input", "dataset", "checkpoint", "tiny-world"] as const;
const SCHEME = /^([a-z][a-z_-]+):(.*)$/;

/** @throws UniArmError reference-invalid */
export function parseReference(text: string): Reference {
  if (isHubModel(text)) return { type: "path", path: hubPlace(parseHubModel(text)) };
  const [, scheme, name = ""] = SCHEME.exec(text) ?? [];
  if (scheme === undefined) return { type: "path", path: text };
  if (name === "" && isScheme(scheme)) throw invalid(text, `${scheme}: needs a name after the colon`);
  switch (scheme) {
    case "input":
    case "dataset":
      return { type: scheme, name };
    case "checkpoint":
      return { type: scheme, id: name };
    case "tiny-world":
      return tinyWorld(text, name);
    default: {
      const meant = nearest(scheme, SCHEMES);
      if (meant === null) return { type: "path", path: text };
      throw invalid(text, `did you mean ${meant}:${name}? A path of this name is written ./${text}`);
    }
  }
}

const isScheme = (text: string): boolean => SCHEMES.some((scheme) => scheme === text);

function tinyWorld(text: string, name: string): Reference {
  if (name === "default" || name === "quick") return { type: "tiny-world", name };
  if (name === "validation") return { type: "tiny-world-prompts", count: null };
  if (/^[1-9]\d{0,2}$/.test(name)) return { type: "tiny-world-prompts", count: Number(name) };
  throw invalid(
    text,
    "tiny-world ships the base models tiny-world:default and tiny-world:quick, and prompts as tiny-world:N and tiny-world:validation",
  );
}

const invalid = (text: string, why: string): UniArmError =>
  new UniArmError("reference-invalid", `"${text}" refers to nothing: ${why}.`);

/** What a setting may refer to, beside a path. */
export interface ReferenceField {
  /** what the job is given in its place */
  to: "file" | "folder";
  from: readonly ReferenceType[];
}

const WORDS: Record<ReferenceType, string> = {
  input: "input:NAME of another run",
  dataset: "dataset:NAME",
  checkpoint: "checkpoint:ID",
  "tiny-world": "tiny-world:default or tiny-world:quick",
  "tiny-world-prompts": "tiny-world:N of its held-out prompts or tiny-world:validation",
  path: "a path where the job runs",
};

const wordsOf = (from: readonly ReferenceType[]): string => {
  const words = ["path" as const, ...from].map((type) => WORDS[type]);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")}, or ${words.at(-1)!}`;
};

/** A setting that refers to a file or folder; its help says what it may refer to. */
export function referenceTo(what: string, { to, from }: ReferenceField) {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        const { type } = parseReference(text);
        if (type === "path" || from.includes(type)) return;
        context.addIssue({ code: "custom", message: `${text} cannot stand here: it is ${wordsOf(from)}` });
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    })
    .meta({ description: `${what}: ${wordsOf(from)}`, reference: { to, from } });
}
