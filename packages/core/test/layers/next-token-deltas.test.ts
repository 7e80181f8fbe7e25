import { describe, expect, test } from "vitest";
import type { ModuleDelta } from "../../src/layers/adapter-rows.ts";
import { addNextTokenDeltas } from "../../src/layers/next-token-deltas.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps, storedAs, type FloatType } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

const random = createRandom(11);
const draw = (...shape: number[]): tf.Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
};
/** Rows, inputs and outputs that fill no register, and more rows than a task of the engine takes. */
const [ROWS, IN, OUT] = [29, 43, 91];

type Form = "a number" | "a scale of all" | "scales" | "scales and shifts" | "cores";

function drawnDelta(form: Form, rank: number, width: number, count: number): ModuleDelta {
  const own = {
    "a number": () => [tf.scalar(0.7)],
    "a scale of all": () => [draw(1, 1, rank)],
    scales: () => [draw(count, 1, rank)],
    "scales and shifts": () => [draw(count, 1, rank), draw(count, 1, rank)],
    cores: () => [draw(count, rank, rank)],
  }[form]();
  return {
    down: draw(rank, IN) as tf.Tensor2D,
    up: draw(width, rank) as tf.Tensor2D,
    modulation: own,
    modulateInner: (inner, [first, second]) => {
      if (form === "cores") return tf.matMul(inner, first as tf.Tensor3D);
      const scaled = tf.mul<tf.Tensor3D>(inner, first!);
      return second ? tf.add(scaled, second) : scaled;
    },
    innerForm: form === "cores" ? "core" : "scale",
    modulateOutput: null,
  };
}

interface Placed {
  delta: ModuleDelta;
  start: number;
  count: number;
  part: { column: number };
}

/** By TensorFlow.js's own operations, one delta after the other. */
function composed(out: tf.Tensor2D, x: tf.Tensor2D, deltas: readonly Placed[]): number[] {
  const sum = deltas.reduce((total, { delta, start, count, part: { column } }) => {
    const input = tf.slice(x, [start, 0], [count, IN]);
    const inner = tf.reshape<tf.Rank.R3>(tf.matMul(input, delta.down, false, true), [count, 1, -1]);
    const modulated = tf.reshape<tf.Rank.R2>(delta.modulateInner(inner, delta.modulation), [count, -1]);
    const added: tf.Tensor2D = tf.matMul(modulated, delta.up!, false, true);
    const after = OUT - column - added.shape[1];
    return tf.add(
      total,
      tf.pad(added, [
        [start, ROWS - start - count],
        [column, after],
      ]),
    );
  }, out as tf.Tensor);
  return Array.from(sum.dataSync());
}

function fused(out: tf.Tensor2D, x: tf.Tensor2D, deltas: readonly Placed[], type: FloatType = "float32"): number[] {
  const [to, from] = [storedAs(tf.add(out, 0), type), storedAs(x, type)] as [tf.Tensor2D, tf.Tensor2D];
  addNextTokenDeltas(to, from, type, deltas);
  return Array.from(storedAs(to, "float32").dataSync());
}

const inTidy = <T>(work: () => T): T => {
  let result: T;
  tf.tidy(() => {
    result = work();
  });
  return result!;
};

describe.skipIf(nativeOps() === null)("what adapters add for the next token of each row", () => {
  const forms: Form[] = ["a number", "a scale of all", "scales", "scales and shifts", "cores"];

  test.each(forms.flatMap((form) => [1, 3, 8, 21].map((rank) => ({ form, rank }))))(
    "$form at rank $rank: as composed, on rows and columns of its own",
    ({ form, rank }) => {
      inTidy(() => {
        const [x, out] = [draw(ROWS, IN), draw(ROWS, OUT)] as [tf.Tensor2D, tf.Tensor2D];
        const deltas = [
          { delta: drawnDelta(form, rank, 50, 25), start: 2, count: 25, part: { column: 0 } },
          { delta: drawnDelta("scales", 5, 37, 25), start: 2, count: 25, part: { column: 54 } },
          { delta: drawnDelta(form, rank, 17, 1), start: 28, count: 1, part: { column: 20 } },
        ];
        const expected = composed(out, x, deltas);
        const scale = Math.max(...expected.map(Math.abs));
        expect(largestDifference(fused(out, x, deltas), expected) / scale).toBeLessThan(2e-6); // float32 sums of 43 and 21
        const [narrowOut, narrowX] = [out, x].map((one) => storedAs(storedAs(one, "bfloat16"), "float32")) as [
          tf.Tensor2D,
          tf.Tensor2D,
        ];
        const narrow = composed(narrowOut, narrowX, deltas);
        // the sum is rounded once
        expect(largestDifference(fused(out, x, deltas, "bfloat16"), narrow) / scale).toBeLessThan(2 ** -8);
      });
    },
  );

  test.each(forms)("a row's numbers with %s are the same bytes alone and among others", (form) => {
    inTidy(() => {
      const [x, out] = [draw(ROWS, IN), draw(ROWS, OUT)] as [tf.Tensor2D, tf.Tensor2D];
      const delta = drawnDelta(form, 8, OUT, ROWS);
      const all = fused(out, x, [{ delta, start: 0, count: ROWS, part: { column: 0 } }]);
      for (let row = 0; row < ROWS; row++) {
        const modulation = delta.modulation.map((one) => (one.shape[0] === ROWS ? tf.slice(one, row, 1) : one));
        const own = { ...delta, modulation };
        const [oneOut, oneX] = [tf.slice(out, row, 1), tf.slice(x, row, 1)];
        expect(fused(oneOut, oneX, [{ delta: own, start: 0, count: 1, part: { column: 0 } }])).toEqual(
          all.slice(row * OUT, (row + 1) * OUT),
        );
      }
    });
  });

  test("what does not fit is refused", () => {
    inTidy(() => {
      const [x, out] = [draw(ROWS, IN), draw(ROWS, OUT)] as [tf.Tensor2D, tf.Tensor2D];
      const delta = drawnDelta("scales", 3, 50, 4);
      const fits = { delta, start: 0, count: 4, part: { column: 0 } };
      for (const wrong of [
        { ...fits, start: ROWS - 3 },
        { ...fits, start: -1 },
        { ...fits, part: { column: 42 } },
        { ...fits, delta: { ...delta, modulation: [draw(3, 1, 3)] } },
        { ...fits, delta: { ...delta, up: draw(50, 4) as tf.Tensor2D } },
      ])
        expect(() => addNextTokenDeltas(out, x, "float32", [wrong])).toThrow(/does not fit/);
      expect(() => addNextTokenDeltas(draw(ROWS - 1, OUT) as tf.Tensor2D, x, "float32", [fits])).toThrow(/do not fit/);
    });
  });
});
