import { join } from "node:path";
import type { BaseWeights } from "@uniarm/core/schema";
import { SIZES_FILE, sizes } from "./sizes.ts";

/** One program that is measured. */
export interface Contender {
  name: string;
  side: "uniarm" | "pytorch";
  /** what it computes, for the table */
  what: string;
  args: readonly string[];
}

/** Contenders that do the same work, measured in turn. */
export interface BenchCase {
  name: string;
  size: string;
  work: "train" | "decode" | "sweep";
  contenders: readonly Contender[];
}

const programs = join(import.meta.dirname, "programs");
const reference = join(import.meta.dirname, "..", "..", "reference", "bench");

/** How often each process repeats the work after its warm-up. */
const STEPS = "5";
const DECODINGS = "3";
const SLOW_DECODINGS = "1"; // one vector at a time takes half a minute

export const trainProgram = (size: string, baseWeights: string): string[] => [
  join(programs, "train-step.ts"),
  size,
  baseWeights,
  STEPS,
];

export const decodeProgram = (size: string, baseWeights: string, ...changes: number[]): string[] => [
  join(programs, "guided-decode.ts"),
  size,
  baseWeights,
  DECODINGS,
  ...changes.map(String),
];

export const profileProgram = (work: "train" | "decode", size: string, baseWeights: string): string[] => [
  join(programs, "profile.ts"),
  work,
  size,
  baseWeights,
];

const packages = join(import.meta.dirname, "..", "..", "..", "packages");
/** Models whose log-probabilities are compared; texts are what the model was made for, else random tokens. */
export const PRECISION_MODELS = [
  { model: "golden Llama", folder: join(packages, "core", "test", "golden", "models", "llama"), texts: "random" },
  { model: "tiny-world's base", folder: join(packages, "tiny-world", "models", "default"), texts: "text" },
] as const;
/** What is compared with float32. */
export const PRECISION_WEIGHTS = ["bfloat16", "int8", "int4"] as const;
export const precisionProgram = (folder: string, texts: string, baseWeights: BaseWeights): string[] => [
  join(programs, "precision.ts"),
  folder,
  texts,
  baseWeights,
];

/** What the machine decides: the types that are fastest here. Where bfloat16 is emulated it is slow for every program. */
interface Hardware {
  threads: number;
  training: BaseWeights;
  decoding: BaseWeights;
}

function trainCase(size: string, { threads, training }: Hardware): BenchCase {
  const bfloat16 = training === "bfloat16";
  const ours = (name: string, baseWeights: string, what: string): Contender => ({
    name,
    side: "uniarm",
    what,
    args: trainProgram(size, baseWeights),
  });
  const theirs = (name: string, adapter: string, dtype: string, what: string): Contender => {
    const args = [join(reference, "train_step.py"), SIZES_FILE, size, adapter, dtype, STEPS, String(threads)];
    return { name, side: "pytorch", what, args };
  };
  return {
    name: `train.${size}`,
    size,
    work: "train",
    contenders: [
      bfloat16
        ? ours("uniarm", "bfloat16", "UniARM, base weights in bfloat16")
        : ours("uniarm", "float32", "UniARM, base weights in float32"),
      theirs("denseFloat32", "dense", "float32", "PyTorch, float32, dense adapter product (PARM's release)"),
      ...(bfloat16 ? [ours("uniarmFloat32", "float32", "UniARM, base weights in float32")] : []),
      theirs("factoredFloat32", "factored", "float32", "PyTorch, float32, factored adapter"),
      ...(bfloat16 ? [theirs("factoredBfloat16", "factored", "bfloat16", "PyTorch, bfloat16, factored adapter")] : []),
    ],
  };
}

function decodeCase(size: string, { threads, decoding: type }: Hardware): BenchCase {
  const theirs = (name: string, protocol: string, dtype: string, repeats: string, what: string): Contender => {
    const args = [join(reference, "guided_decode.py"), SIZES_FILE, size, protocol, dtype, repeats, String(threads)];
    return { name, side: "pytorch", what, args };
  };
  return {
    name: `decode.${size}`,
    size,
    work: "decode",
    contenders: [
      {
        name: "uniarm",
        side: "uniarm",
        what: `UniARM, base weights in ${type}, one pass for all rows`,
        args: decodeProgram(size, type),
      },
      // what is fastest for us need not be for PyTorch: both of its types
      theirs("batchedFloat32", "batched", "float32", DECODINGS, "PyTorch, float32, vectors as rows, two passes"),
      theirs("batchedBfloat16", "batched", "bfloat16", DECODINGS, "PyTorch, bfloat16, vectors as rows, two passes"),
      theirs(
        "oneAtATime",
        "one-at-a-time",
        "float32",
        SLOW_DECODINGS,
        "PyTorch, float32, one vector at a time (PARM's protocol)",
      ),
    ],
  };
}

function sweepCase(size: string, { decoding: type }: Hardware): BenchCase {
  const { vectors, prompts } = sizes.sweep[size]!;
  const ours = (name: string, batchRows: number, sharing: "shared" | "apart", what: string): Contender => ({
    name,
    side: "uniarm",
    what: `UniARM, base weights in ${type}, ${what}`,
    args: [join(programs, "sweep.ts"), size, type, "1", String(batchRows), sharing],
  });
  return {
    name: `sweep.${size}`,
    size,
    work: "sweep",
    contenders: [
      ours("uniarm", vectors * prompts, "shared", `${vectors} vectors x ${prompts} prompts in one batch`),
      ours("nothingShared", vectors * prompts, "apart", "the same batch, in which rows share no pass"),
      ours("onePromptAtATime", vectors, "shared", "one prompt after the other"),
    ],
  };
}

export function casesOf(quick: boolean, hardware: Hardware): BenchCase[] {
  if (quick) return [trainCase("quick", hardware), decodeCase("quick", hardware), sweepCase("quick", hardware)];
  return [
    trainCase("mini", hardware),
    trainCase("small", hardware),
    trainCase("dialogues", hardware),
    decodeCase("medium", hardware),
    sweepCase("mixed", hardware),
  ];
}
