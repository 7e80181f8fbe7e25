import { asType } from "../tensor/as-type.ts";
import { frozenProduct, frozenProductBack, linear, type FrozenMatrix, type Matrix } from "../tensor/matrix.ts";
import { executeOne, executeOp, nativeOps } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";
import type { AdapterRows, ModuleDelta, ModuleName } from "./adapter-rows.ts";

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

/** x [B*T, in] through the modules of a projection and what adapters add to them -> [B*T, out], stored as x is. */
export function project(
  projection: Projection,
  x: tf.Tensor2D,
  adapters: readonly AdapterRows[],
  tokens: number,
): tf.Tensor2D {
  const deltas = adapters.flatMap(({ adapter, start, count }) =>
    projection.parts.flatMap((part): PlacedDelta[] => {
      const delta = count > 0 ? adapter.deltaOf(part.module) : null;
      return delta ? [{ delta, start, count, part }] : [];
    }),
  );
  const { matrix, bias } = projection;
  if (nativeOps() && matrix.kind === "frozen") return projectNatively(projection, matrix, x, deltas, tokens);
  const product = linear(x, matrix) as tf.Tensor2D;
  return addDeltas(projection.parts, bias ? tf.add(product, bias) : product, x, deltas, tokens);
}

/** Adds deltas to out [N, out] by operations that every engine has; x and out in float32. */
function addDeltas(
  parts: readonly ProjectionPart[],
  out: tf.Tensor2D,
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
      const placed = group.find((one) => one.part === part);
      return placed ? dense(placed.delta, input, count, tokens) : tf.zeros([size, part.size]);
    });
    const added = columns.length === 1 ? columns[0]! : tf.concat(columns, 1); // [b*T,out]
    const rowsAround: [number, number] = [first, rows - first - size];
    return tf.add<tf.Tensor2D>(sum, size === rows ? added : tf.pad(added, [rowsAround, [0, 0]]));
  }, out);
}

/** One module's delta for its rows x [b*T,in] -> [b*T,out]. */
function dense(
  { down, up, modulation, modulateInner, modulateOutput }: ModuleDelta,
  x: tf.Tensor2D,
  count: number,
  tokens: number,
): tf.Tensor2D {
  const inner = tf.reshape<tf.Rank.R3>(linear(x, down), [count, tokens, -1]);
  const added = linear(modulateInner(inner, modulation), up) as tf.Tensor3D; // [b,T,out]
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
  const plain = deltas.filter(({ delta }) => delta.modulateOutput === null);
  const modulated = deltas.filter(({ delta }) => delta.modulateOutput !== null);
  const inners = plain.length > 0 ? downs(matrix, x, plain, tokens) : [];
  const modulatedInners = inners.map((inner, index) => {
    const { delta } = plain[index]!;
    return delta.modulateInner(inner, delta.modulation);
  });
  const out = ups(matrix, bias, x, plain, modulatedInners, tokens);
  if (modulated.length === 0) return out;
  return asType(addDeltas(parts, asType(out, "float32"), asType(x, "float32"), modulated, tokens), matrix.type);
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
  deltas: readonly PlacedDelta[],
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
