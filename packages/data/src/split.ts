import { hash } from "node:crypto";
import { UniArmError } from "@uniarm/core/schema";

/** Names and shares of the parts of a dataset, in order; the shares sum to 1. */
export type Split = readonly { readonly name: string; readonly share: number }[];

/** Reads "train=0.8,validation=0.1,test=0.1". @throws UniArmError split-invalid */
export function parseSplit(text: string): Split {
  const parts = text.split(",").map((part) => {
    const [, name, share] = /^\s*([a-z][a-z0-9_-]*)\s*=\s*(0?\.\d+|[01](?:\.0*)?)\s*$/.exec(part) ?? [];
    return { name: name ?? "", share: Number(share) };
  });
  const sum = parts.reduce((total, { share }) => total + share, 0);
  const isSound = parts.every(({ name, share }) => name !== "" && share > 0) && Math.abs(sum - 1) < 1e-9;
  if (isSound && new Set(parts.map(({ name }) => name)).size === parts.length) return parts;
  throw new UniArmError(
    "split-invalid",
    `The split ${JSON.stringify(text)} cannot be read: expected names and shares that sum to 1, such as train=0.8,validation=0.1,test=0.1.`,
  );
}

/**
 * Which part a prompt belongs to. The prompt and the seed alone decide, so that no prompt is in two parts, however often it
 * occurs and whatever else is in the dataset. White space and letter case do not make another prompt.
 */
export function partOf(prompt: string, split: Split, seed: number): string {
  const digest = hash("sha256", JSON.stringify([seed, prompt.trim().toLowerCase().replace(/\s+/g, " ")]), "buffer");
  const place = digest.readUIntBE(0, 6) / 2 ** 48; // even on [0, 1)
  let reached = 0;
  for (const { name, share } of split) {
    reached += share;
    if (place < reached) return name;
  }
  return split.at(-1)!.name;
}
