/** node steady.ts <train|decode> <size> <steps>: memory after each step, as one JSON line: what a leak would make grow. */
import { createRandom, SamplingConfig, tf, tokenBatch } from "@uniarm/core";
import { generate, type DecodingRow } from "@uniarm/decoder";
import { createAdamW, trainStep, type MicroBatch } from "@uniarm/trainer";
import { sizes, type DecodeSize, type TrainSize } from "../sizes.ts";
import { benchModel } from "./model.ts";

const [work = "", name = "", count] = process.argv.slice(2);
const steps = Number(count);

/** Tensors that TensorFlow itself holds: those that TensorFlow.js does not know would not be in its own count. */
function countNativeTensors(): () => number {
  interface Binding {
    createTensor: (...args: unknown[]) => number;
    executeOp: (...args: unknown[]) => unknown[];
    deleteTensor: (id: number) => void;
  }
  const backend = tf.backend() as unknown as { binding?: Binding };
  if (!backend.binding) return () => tf.memory().numTensors;
  const { binding } = backend;
  let live = 0;
  const counted = Object.fromEntries(
    Object.getOwnPropertyNames(binding).map((key) => [key, binding[key as keyof Binding] as unknown]),
  ) as unknown as Binding;
  counted.createTensor = (...args) => ((live += 1), binding.createTensor(...args));
  counted.executeOp = (...args) => {
    const made = binding.executeOp(...args);
    live += made.length;
    return made;
  };
  counted.deleteTensor = (id) => {
    live -= 1;
    binding.deleteTensor(id);
  };
  backend.binding = counted;
  return () => live;
}

const rssMb: number[] = [];
const tensors: number[] = [];
const nativeTensors: number[] = [];

async function train(size: TrainSize): Promise<void> {
  const { model, adapter } = await benchModel(size, "float32");
  const native = countNativeTensors();
  const random = createRandom(0);
  const drawIds = (length: number): number[] => Array.from({ length }, () => random.integer(size.vocabulary));
  const each = <T>(value: T): T[] => new Array<T>(size.pairs).fill(value);
  const options = { weightDecay: 0.05, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 };
  const trained = { adapter, optimizer: createAdamW(adapter.tensors, options) };
  for (let step = 0; step < steps; step++) {
    const texts = Array.from({ length: 2 * size.pairs }, () => ({
      prompt: drawIds(2),
      response: drawIds(size.tokens - 2),
    }));
    const shown = each([0.5, 0.5]);
    const batch: MicroBatch = {
      tokens: tokenBatch(texts),
      preference: shown,
      shown,
      signs: each([1, -1]),
      margins: null,
    };
    await trainStep(
      model,
      trained,
      [batch],
      { betas: [0.1, 0.1], global: null },
      { learningRate: 1e-3, maxGradNorm: 1 },
    );
    remember(native());
  }
}

async function decode(size: DecodeSize): Promise<void> {
  const { model, adapter } = await benchModel(size, "float32");
  const native = countNativeTensors();
  const prompt = { id: "prompt", text: "", ids: Array.from({ length: size.promptTokens }, (_, index) => index) };
  const rows = Array.from({ length: size.vectors }, (_, sample): DecodingRow => {
    return { prompt, preference: [0.5, 0.5], coefficients: [1], sample };
  });
  const options = { sampling: SamplingConfig.parse({ temperature: 1 }), maxNewTokens: steps, seed: 0 };
  const decoder = { model, arms: [adapter], eosTokenIds: new Set<number>() };
  for await (const _finished of generate(decoder, rows, options)) remember(native());
}

function remember(native: number): void {
  rssMb.push(process.memoryUsage.rss() / 1e6);
  tensors.push(tf.memory().numTensors);
  nativeTensors.push(native);
}

await (work === "train" ? train(sizes.train[name]!) : decode(sizes.decode[name]!));
process.stdout.write(`${JSON.stringify({ rssMb, tensors, nativeTensors })}\n`);
