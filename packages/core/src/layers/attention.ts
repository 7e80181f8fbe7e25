import type { ModelConfig } from "../schema/model.ts";
import { asType } from "../tensor/as-type.ts";
import { executeOne, executeOp, nativeType, type Attributes } from "../tensor/native.ts";
import { tapeNode } from "../tensor/tape-node.ts";
import * as tf from "../tensor/tf.ts";
import { attend } from "./attend.ts";
import type { Columns } from "./columns.ts";
import type { LayerCache } from "./layer-cache.ts";
import { rotate } from "./rotate.ts";
import type { RotaryTable } from "./rotary.ts";

export type HeadSizes = Pick<ModelConfig, "heads" | "keyValueHeads" | "headSize"> & {
  /** a token sees itself and the window - 1 before it; null: all before it */
  window: number | null;
  /** the table of rotary positions */
  rotary: string;
  /** entries of a head that turn; absent: all of them */
  rotarySize?: number | undefined;
  /** scores are kept below it by its tanh; absent: they are not */
  softCap?: number | undefined;
};

/**
 * Causal grouped-query attention with rotary positions, in a sliding window where there is one: the heads of q, k and v side
 * by side in one tensor [B*T, (H + 2 Hkv) dh], or each in its own -> [B*T, H dh], stored as they are. With a cache the new
 * columns are added to it and see the earlier ones.
 */
export function attention(
  projected: readonly tf.Tensor2D[],
  sizes: HeadSizes,
  columns: Columns,
  cache: LayerCache | null,
): tf.Tensor2D {
  if (!columns.native) return composedAttention(projected, sizes, columns, cache);
  const { tables, ...places } = columns.native;
  const native = { ...places, table: tables.get(sizes.rotary)! };
  if (cache?.kind === "in-place") return cachedAttention(projected[0]!, sizes, native, cache);
  return nativeAttention(projected[0]!, sizes, native);
}

interface NativeInputs {
  padding: tf.Tensor1D;
  past: tf.Tensor1D;
  slots: tf.Tensor1D;
  forks: tf.Tensor2D;
  table: RotaryTable;
}

export const headAttributes = (qkv: tf.Tensor, sizes: HeadSizes): Attributes => ({
  T: { type: nativeType(qkv) },
  heads: { int: sizes.heads },
  key_value_heads: { int: sizes.keyValueHeads },
  head_size: { int: sizes.headSize },
  window: { int: sizes.window ?? 0 },
});

function nativeAttention(qkv: tf.Tensor2D, sizes: HeadSizes, { table, padding, forks }: NativeInputs): tf.Tensor2D {
  const attributes = headAttributes(qkv, sizes);
  const { cos, sin } = table;
  const [mixed] = tapeNode(
    { qkv },
    (save) => {
      const [out, logSums] = executeOp("UniarmAttention", attributes, [qkv, cos, sin, padding, forks], 2);
      save([qkv, padding, forks, out!, logSums!]);
      return [out!];
    },
    ([dy], saved) => ({
      qkv: () => {
        const [input, left, splits, out, logSums] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return executeOne("UniarmAttentionGrad", attributes, [input, cos, sin, left, splits, out, logSums, dy!]);
      },
    }),
  );
  return mixed as tf.Tensor2D;
}

function cachedAttention(
  qkv: tf.Tensor2D,
  sizes: HeadSizes,
  { table: { cos, sin }, padding, past, slots }: NativeInputs,
  { keys, values }: Extract<LayerCache, { kind: "in-place" }>,
): tf.Tensor2D {
  const inputs = [qkv, keys, values, cos, sin, padding, past, slots];
  return executeOne("UniarmCachedAttention", headAttributes(qkv, sizes), inputs) as tf.Tensor2D;
}

function composedAttention(
  stored: readonly tf.Tensor2D[],
  sizes: HeadSizes,
  { rows, tokens, composed }: Columns,
  cache: LayerCache | null,
): tf.Tensor2D {
  const { heads, keyValueHeads, headSize, window, rotarySize, softCap } = sizes;
  const { cos, sin } = composed!.rotary.get(sizes.rotary)!;
  const mask = composed!.masks.get(window) ?? null;
  const projected = stored.map((x) => asType(x, "float32"));
  const counts = [heads, keyValueHeads, keyValueHeads];
  const perHead = (x: tf.Tensor2D, count: number): tf.Tensor4D => tf.reshape(x, [rows, tokens, count, headSize]);
  const [query, key, value] =
    projected.length === 1
      ? tf.split<tf.Tensor4D>(perHead(projected[0]!, heads + 2 * keyValueHeads), counts, 2)
      : projected.map((x, index) => perHead(x, counts[index]!));
  const turned = (x: tf.Tensor4D): tf.Tensor4D => headsFirst(rotate(x, cos, sin, rotarySize));
  const [keys, values] = [turned(key!), headsFirst(value!)];
  const blocks = cache?.kind === "blocks" ? cache.append(keys, values) : [{ keys, values }];
  const mixed = headsFirst(attend(turned(query!), blocks, mask, softCap)); // back to [B,T,H,dh]
  return asType(tf.reshape(mixed, [rows * tokens, heads * headSize]), nativeType(stored[0]!));
}

/** [B,T,heads,dh] <-> [B,heads,T,dh] */
function headsFirst(x: tf.Tensor4D): tf.Tensor4D {
  const [rows, first, second, size] = x.shape;
  return first === 1 || second === 1 ? tf.reshape(x, [rows, second, first, size]) : tf.transpose(x, [0, 2, 1, 3]);
}
