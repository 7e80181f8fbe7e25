import {
  buildTransformer,
  createAdapter,
  createRandom,
  nativeOps,
  openEngine,
  requiredTensors,
  storedAs,
  tf,
  type Adapter,
  type Transformer,
  type WeightSource,
} from "@uniarm/core";
import { AdapterConfig, type BaseWeights, type ModelConfig } from "@uniarm/core/schema";
import type { Sample } from "../sample.ts";

interface ModelSize {
  layers: number;
  width: number;
  mlpWidth: number;
  heads: number;
  vocabulary: number;
}

const peakMemoryMb = (): number => Math.round(process.resourceUsage().maxRSS / 1000);
let librariesMb = 0;

/** Opens the engine; what the process takes by then is its libraries'. */
export async function openMeasuredEngine(): Promise<string> {
  const { name, version } = await openEngine();
  librariesMb = peakMemoryMb();
  return `uniarm on ${name} ${version}`;
}

/** A random frozen Llama with the published method's adapter on q, k and v, as the PyTorch programs have it. */
export async function benchModel(
  size: ModelSize,
  baseWeights: BaseWeights,
): Promise<{ model: Transformer; adapter: Adapter; engine: string }> {
  const engine = await openMeasuredEngine();
  const config: ModelConfig = {
    modelType: "llama",
    vocabularySize: size.vocabulary,
    hiddenSize: size.width,
    intermediateSize: size.mlpWidth,
    layers: size.layers,
    heads: size.heads,
    keyValueHeads: size.heads,
    headSize: size.width / size.heads,
    contextTokens: 2048,
    normEpsilon: 1e-6,
    rope: { theta: 10_000, scaling: null },
    slidingWindow: null,
    tiedEmbeddings: false,
    bosTokenId: null,
    eosTokenIds: [],
    padTokenId: null,
  };
  const model = buildTransformer(config, noise(config), { baseWeights, sha256: "bench" });
  const axis = (place: number): number[] => Array.from({ length: size.width }, (_, index) => Number(index === place));
  const adapter = createAdapter(AdapterConfig.parse({ kind: "moslora", rank: 8, alpha: 16 }), config, {
    objectiveCount: 2,
    random: createRandom(0),
    objectiveVectors: [axis(0), axis(1)],
  });
  return { model, adapter, engine };
}

/** Weights made one matrix at a time, so that the peak of memory is the model's and not that of making it. */
function noise(config: ModelConfig): WeightSource {
  const shapes = new Map(requiredTensors(config).map(({ name, shape }) => [name, shape]));
  let state = 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5; // xorshift32 (Marsaglia 2003)
    return state / 2 ** 31;
  };
  return {
    shapeOf: (name) => shapes.get(name) ?? null,
    load: (names, type) =>
      tf.tidy(() => {
        const [, ...rest] = shapes.get(names[0]!)!;
        const rows = names.reduce((sum, name) => sum + shapes.get(name)![0]!, 0);
        const values = new Float32Array(rest.reduce((product, axis) => product * axis, rows));
        if (rest.length === 0) values.fill(1);
        else for (let index = 0; index < values.length; index++) values[index] = 0.035 * next();
        const tensor = tf.tensor(values, [rows, ...rest]);
        return type === "float32" ? tf.add(tensor, 0) : storedAs(tensor, type); // not to be held by JavaScript as well
      }),
  };
}

/** The line that the parent process reads. */
export function report(seconds: readonly number[], engine: string): void {
  const sample: Sample = {
    seconds: [...seconds],
    peakMemoryMb: peakMemoryMb(),
    librariesMb,
    threads: nativeOps()?.threads ?? Number(process.env.TF_NUM_INTRAOP_THREADS ?? 1),
    software: engine,
  };
  process.stdout.write(`${JSON.stringify(sample)}\n`);
}
