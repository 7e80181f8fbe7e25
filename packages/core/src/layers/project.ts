import { asType } from "../tensor/as-type.ts";
import { frozenProduct, frozenProductBack, linear, type FrozenMatrix, type Matrix } from "../tensor/matrix.ts";
import { executeOne, executeOp, nativeOps, nativeType, storedAs } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";
import { addNextTokenDeltas, isForNextToken } from "./next-token-deltas.ts";
import { HEAD, type AdapterRows, type ModuleDelta, type ModuleName } from "./adapter-rows.ts";

/** Linear modules that read the same input, as one weight: their rows [out, in] one below the other. */
export interface Projection {
  readonly parts: readonly ProjectionPart[];
  readonly matrix: Matrix;
  readonly bias: tf.Tensor1D | null;
}

/**
 * Modules that read the same input: one projection for all of them, or one each on engines where taking their outputs
 * apart again costs more than the larger product saves.
 */
export type ProjectionGroup = readonly Projection[];

/** The columns of a projection's output that belong to one module. */
export interface ProjectionPart {
  readonly module: ModuleName;
  readonly column: number;
  readonly size: number;
}

/** A module's delta and the part of the output [N, out] that it is added to. */
interface PlacedDelta {
  delta: ModuleDelta;
  /** rows of the batch */
  start: number;
  count: number;
  part: ProjectionPart;
}

/** A delta that the engine's low-rank products take as it is. */
type PlainDelta = PlacedDelta & { delta: ModuleDelta & { up: tf.Tensor2D } };

/** How many tokens of each row there are, and whether keys and values are kept: then nothing has a gradient. */
export interface ProjectedTokens {
  tokens: number;
  isCached: boolean;
}

/** x [B*T, in] through the modules of a projection and what adapters add to them -> [B*T, out], stored as x is. */
export function project(
  projection: Projection,
  x: tf.Tensor2D,
  adapters: readonly AdapterRows[],
  { tokens, isCached }: ProjectedTokens,
): tf.Tensor2D {
  const deltas = placedDeltas(projection.parts, adapters);
  const { matrix } = projection;
  if (!nativeOps() || matrix.kind === "trainable") return projectComposed(projection, x, deltas, tokens);
  if (!deltas.some(({ delta }) => delta.rescale)) {
    const together = isCached && tokens === 1 ? deltas.filter(isForNextToken) : [];
    const apart = deltas.filter((delta) => !together.includes(delta));
    const out = projectNatively(projection, matrix, x, apart, tokens);
    if (together.length > 0) addNextTokenDeltas(out, x, matrix.type, together);
    return out;
  }
  return asType(projectComposed(projection, asType(x, "float32"), deltas, tokens), matrix.type);
}

/** The head's product [..., V] of x [..., d] with what adapters add to it, on their rows along the first axis; float32. */
export function withHeadDeltas(product: tf.Tensor, x: tf.Tensor, adapters: readonly AdapterRows[]): tf.Tensor {
  const part: ProjectionPart = { module: HEAD, column: 0, size: product.shape.at(-1)! };
  const deltas = adapters.flatMap(({ adapter, start, count }): PlacedDelta[] => {
    const delta = count > 0 ? adapter.ends?.head : null;
    return delta ? [{ delta, start, count, part }] : [];
  });
  if (deltas.length === 0) return product;
  const flat: tf.Tensor2D = tf.reshape(product, [-1, part.size]);
  const input: tf.Tensor2D = tf.reshape(x, [-1, x.shape.at(-1)!]);
  const tokens = flat.shape[0] / x.shape[0];
  return tf.reshape(addDeltas([part], flat, flat, input, deltas, tokens), product.shape);
}

const placedDeltas = (parts: readonly ProjectionPart[], adapters: readonly AdapterRows[]): PlacedDelta[] =>
  adapters.flatMap(({ adapter, start, count }) =>
    parts.flatMap((part): PlacedDelta[] => {
      const delta = count > 0 ? adapter.deltaOf(part.module) : null;
      return delta ? [{ delta, start, count, part }] : [];
    }),
  );

function projectComposed(
  { parts, matrix, bias }: Projection,
  x: tf.Tensor2D,
  deltas: readonly PlacedDelta[],
  tokens: number,
): tf.Tensor2D {
  const product = linear(x, matrix) as tf.Tensor2D;
  const wide = bias && nativeType(bias) !== "float32" ? storedAs(bias, "float32") : bias;
  return addDeltas(parts, wide ? tf.add(product, wide) : product, product, x, deltas, tokens);
}

/**
 * Adds deltas to out [N, out] by operations that every engine has; x and out in float32.
 * @param product [N, out] of the frozen modules alone, where a delta rescales it
 */
function addDeltas(
  parts: readonly ProjectionPart[],
  out: tf.Tensor2D,
  product: tf.Tensor2D | null,
  x: tf.Tensor2D,
  deltas: readonly PlacedDelta[],
  tokens: number,
): tf.Tensor2D {
  const rows = out.shape[0];
  const byRows = Map.groupBy(deltas, ({ start }) => start); // entries do not overlap
  return [...byRows].reduce((sum, [start, group]) => {
    const { count } = group[0]!;
    const [first, size] = [start * tokens, count * tokens];
    const input: tf.Tensor2D = size === rows ? x : tf.slice(x, [first, 0], [size, -1]);
    const columns = parts.map((part): tf.Tensor2D => {
      const delta = group.find((one) => one.part === part)?.delta;
      if (!delta) return tf.zeros([size, part.size]);
      const added = dense(delta, input, count, tokens);
      if (!delta.rescale || !product) return added;
      const own = tf.slice(product, [first, part.column], [size, part.size]);
      return tf.add(added, tf.mul(own, tf.sub(delta.rescale, 1))); // the product itself is in `out` already
    });
    const added = columns.length === 1 ? columns[0]! : tf.concat(columns, 1); // [b*T,out]
    const rowsAround: [number, number] = [first, rows - first - size];
    return tf.add<tf.Tensor2D>(sum, size === rows ? added : tf.pad(added, [rowsAround, [0, 0]]));
  }, out);
}

/** One module's delta for its rows x [b*T,in] -> [b*T,out]. */
function dense(
  { down, up, modulation, modulateInner, modulateOutput, dropInput }: ModuleDelta,
  x: tf.Tensor2D,
  count: number,
  tokens: number,
): tf.Tensor2D {
  const inner = tf.reshape<tf.Rank.R3>(linear(dropInput ? dropInput(x) : x, down), [count, tokens, -1]);
  const modulated = modulateInner(inner, modulation);
  const added = up ? (linear(modulated, up) as tf.Tensor3D) : modulated; // [b,T,out]
  return tf.reshape(modulateOutput ? modulateOutput(added, modulation) : added, [count * tokens, -1]);
}

/** The adapters' products run on the engine, in place where they add to the frozen product. */
function projectNatively(
  { parts, bias }: Projection,
  matrix: FrozenMatrix,
  x: tf.Tensor2D,
  deltas: readonly PlacedDelta[],
  tokens: number,
): tf.Tensor2D {
  const isPlain = (one: PlacedDelta): one is PlainDelta =>
    one.delta.modulateOutput === null && one.delta.up !== null && !one.delta.dropInput;
  const plain = deltas.filter(isPlain);
  const modulated = deltas.filter((one) => !isPlain(one));
  const inners = plain.length > 0 ? downs(matrix, x, plain, tokens) : [];
  const modulatedInners = inners.map((inner, index) => {
    const { delta } = plain[index]!;
    return delta.modulateInner(inner, delta.modulation);
  });
  const out = ups(matrix, bias, x, plain, modulatedInners, tokens);
  if (modulated.length === 0) return out;
  return asType(addDeltas(parts, asType(out, "float32"), null, asType(x, "float32"), modulated, tokens), matrix.type);
}

/** What the engine's low-rank products take: the part of an activation that belongs to a delta. */
function regionOf({ start, count }: PlacedDelta, tokens: number, column: number): tf.Tensor1D {
  return tf.tensor1d(Int32Array.of(start * tokens, count * tokens, column, count), "int32");
}

/** x down^T of every delta -> [b,T,r] each, float32. */
function downs({ type }: FrozenMatrix, x: tf.Tensor2D, deltas: readonly PlacedDelta[], tokens: number): tf.Tensor3D[] {
  const attributes = { T: { type }, by_rows: { int: 1 } } as const;
  const weights = Object.fromEntries(deltas.map(({ delta }, index) => [`down${index}`, delta.down]));
  return tapeNode(
    { x, ...weights },
    (save) => {
      save([x, ...deltas.map(({ delta }) => delta.down)]);
      return deltas.map((placed) =>
        executeOne("UniarmThin", attributes, [x, placed.delta.down, regionOf(placed, tokens, 0)]),
      );
    },
    (dys, [input, ...saved]) => ({
      x: () => {
        const dx = executeOne("ZerosLike", { T: { type } }, [input!]);
        deltas.forEach((placed, index) =>
          executeOp("UniarmAddThin", attributes, [dx, dys[index]!, saved[index]!, regionOf(placed, tokens, 0)], 0),
        );
        return dx;
      },
      ...Object.fromEntries(
        deltas.map((placed, index) => [
          `down${index}`,
          () => {
            const width = tf.tensor1d(Int32Array.of(x.shape[1]), "int32");
            return executeOne("UniarmOuter", attributes, [input!, dys[index]!, regionOf(placed, tokens, 0), width]);
          },
        ]),
      ),
    }),
  ) as tf.Tensor3D[];
}

/** The frozen product of x with bias, plus inner up^T of every delta -> [N, out]. */
function ups(
  matrix: FrozenMatrix,
  bias: tf.Tensor1D | null,
  x: tf.Tensor2D,
  deltas: readonly PlainDelta[],
  inners: readonly tf.Tensor3D[],
  tokens: number,
): tf.Tensor2D {
  const T = { type: matrix.type } as const;
  const attributes = { T, by_rows: { int: 0 } } as const;
  const region = (placed: PlacedDelta): tf.Tensor1D => regionOf(placed, tokens, placed.part.column);
  const entries = deltas.flatMap(({ delta }, index): [string, tf.Tensor][] => [
    [`inner${index}`, inners[index]!],
    [`up${index}`, delta.up],
  ]);
  const [out] = tapeNode(
    { x, ...Object.fromEntries(entries) },
    (save) => {
      save(entries.map(([, tensor]) => tensor));
      const product = frozenProduct(x, matrix);
      const sum = bias ? executeOne("BiasAdd", { T }, [product, bias]) : product;
      deltas.forEach((placed, index) =>
        executeOp("UniarmAddThin", attributes, [sum, inners[index]!, placed.delta.up, region(placed)], 0),
      );
      return [sum];
    },
    ([dy], saved) => ({
      x: () => frozenProductBack(dy!, matrix),
      ...Object.fromEntries(
        deltas.flatMap((placed, index) => {
          const [inner, up] = [saved[2 * index]!, saved[2 * index + 1]!];
          const width = (): tf.Tensor => tf.tensor1d(Int32Array.of(placed.part.size), "int32");
          return [
            [`inner${index}`, () => executeOne("UniarmThin", attributes, [dy!, up, region(placed)])],
            [`up${index}`, () => executeOne("UniarmOuter", attributes, [dy!, inner, region(placed), width()])],
          ] as const;
        }),
      ),
    }),
  );
  return out as tf.Tensor2D;
}
