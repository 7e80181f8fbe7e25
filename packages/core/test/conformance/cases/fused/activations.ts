import { gelu, swiGlu } from "../../../../src/layers/activations.ts";
import { softplus } from "../../../../src/losses/softplus.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { floats, normal, type ConformanceCase } from "../../case.ts";
import { transcendental } from "../../tolerance.ts";

const gelus: ConformanceCase = {
  name: "gelu: from -3 to 3",
  operations: ["gelu"],
  inputs: [normal([4, 9])],
  run: (x) => gelu(x as tf.Tensor2D),
  reference: (x) => {
    const inner = tf.add(x, tf.mul(0.044715, tf.pow(x, 3)));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), inner))));
  },
  differentiable: [0],
  tolerance: transcendental,
};

const gates = [
  [6, 8],
  [1, 1],
  [3, 35],
].flatMap((shape) => {
  const of = (what: string, run: (gate: tf.Tensor2D, up: tf.Tensor2D) => tf.Tensor): ConformanceCase => ({
    name: `swiGlu: [${shape.join(", ")}], gate and up ${what}`,
    operations: ["swiGlu"],
    inputs: [normal(shape, "gate"), normal(shape, "up")],
    run: (gate, up) => run(gate as tf.Tensor2D, up as tf.Tensor2D),
    reference: (gate, up) => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
    differentiable: [0, 1],
    tolerance: transcendental,
  });
  return [
    of("apart", (gate, up) => swiGlu([gate, up])),
    of("side by side", (gate, up) => swiGlu([tf.concat([gate, up], 1)])),
  ];
});

const farGate: ConformanceCase = {
  name: "swiGlu: gates far out on either side",
  operations: ["swiGlu"],
  inputs: [floats([1, 6], [-1000, -80, -20, 20, 80, 1000]), floats([1, 6], [1, 2, 3, 4, 5, 6])],
  run: (gate, up) => swiGlu([tf.concat([gate as tf.Tensor2D, up as tf.Tensor2D], 1)]),
  reference: (gate, up) => tf.div(tf.mul(gate, up), tf.add(1, tf.exp(tf.neg(gate)))),
  tolerance: transcendental,
};

const softpluses: ConformanceCase = {
  name: "softplus: from -3 to 3",
  operations: ["softplus"],
  inputs: [normal([3, 5])],
  run: (x) => softplus(x),
  reference: (x) => tf.log(tf.add(1, tf.exp(x))),
  differentiable: [0],
  tolerance: transcendental,
};

export const activationCases: readonly ConformanceCase[] = [gelus, ...gates, farGate, softpluses];
