/** node steady.ts <train|decode> <size> <steps>: memory after each step, as one JSON line: what a leak would make grow. */
import { tf } from "@uniarm/core";
import { SamplingConfig } from "@uniarm/core/schema";
import { generate } from "@uniarm/decoder";
import { sizes, type DecodeSize, type TrainSize } from "../sizes.ts";
import { benchModel } from "./model.ts";
import { decodingRows, endless, trainer } from "./workload.ts";

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
  const step = trainer(model, adapter, size);
  for (let count = 0; count < steps; count++) {
    await step();
    remember(native());
  }
}

async function decode(size: DecodeSize): Promise<void> {
  const { model, adapter } = await benchModel(size, "float32");
  const native = countNativeTensors();
  const options = { sampling: SamplingConfig.parse({ temperature: 1 }), maxNewTokens: steps, seed: 0 };
  for await (const _finished of generate(endless(model, adapter), decodingRows(size), options)) remember(native());
}

/** With --expose-gc: garbage is collected so often, or memory would grow until the engine finds it worth while. */
const COLLECT_EVERY = 10;

function remember(native: number): void {
  if (rssMb.length % COLLECT_EVERY === 0) globalThis.gc?.();
  rssMb.push(process.memoryUsage.rss() / 1e6);
  tensors.push(tf.memory().numTensors);
  nativeTensors.push(native);
}

await (work === "train" ? train(sizes.train[name]!) : decode(sizes.decode[name]!));
process.stdout.write(`${JSON.stringify({ rssMb, tensors, nativeTensors })}\n`);
