import { activated, gated, gelu, softCapped, swiGlu } from "../../../../src/layers/activations.ts";
import { softplus } from "../../../../src/losses/softplus.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { ACTIVATIONS, type Activation } from "../../../../src/schema/model.ts";
import { awayFromZero, floats, normal, type ConformanceCase } from "../../case.ts";
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

const plain: Record<Activation, (x: tf.Tensor) => tf.Tensor> = {
  silu: (x) => tf.div(x, tf.add(1, tf.exp(tf.neg(x)))),
  gelu: (x) => tf.mul(tf.div(x, 2), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))),
  gelu_tanh: (x) => {
    const inner = tf.mul(0.7978845608, tf.mul(x, tf.add(1, tf.mul(0.044715, tf.mul(x, x))))); // gelu_fast's own way to say it
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  },
  quick_gelu: (x) => tf.div(x, tf.add(1, tf.exp(tf.mul(-1.702, x)))),
  relu: (x) => tf.div(tf.add(x, tf.abs(x)), 2),
  relu2: (x) => tf.mul(x, tf.div(tf.add(x, tf.abs(x)), 2)),
};

const activations = ACTIVATIONS.flatMap((activation): ConformanceCase[] => {
  const operations = ["activated", "gated"];
  const common = { operations, tolerance: transcendental };
  const inputs = [awayFromZero(normal([4, 6], "gate")), normal([4, 6], "up")];
  const reference = (gate: tf.Tensor, up: tf.Tensor) => tf.mul(plain[activation](gate), up);
  return [
    {
      ...common,
      name: `activated: ${activation}`,
      inputs: inputs.slice(0, 1),
      run: (x) => activated(x as tf.Tensor2D, activation),
      reference: plain[activation],
      differentiable: [0],
    },
    {
      ...common,
      name: `gated: ${activation}, gate and up side by side`,
      inputs,
      run: (gate, up) => gated([tf.concat([gate as tf.Tensor2D, up as tf.Tensor2D], 1)], activation),
      reference,
      differentiable: [0, 1],
    },
    {
      ...common,
      name: `gated: ${activation}, gate and up apart`,
      inputs,
      run: (gate, up) => gated([gate as tf.Tensor2D, up as tf.Tensor2D], activation),
      reference,
      differentiable: [0, 1],
    },
  ];
});

const caps: ConformanceCase = {
  name: "softCapped: from -3 to 3, below 2",
  operations: ["softCapped"],
  inputs: [normal([3, 5])],
  run: (x) => softCapped(x, 2),
  reference: (x) => {
    const e = tf.exp(x); // 2 tanh(x / 2) = 2 (e^x - 1) / (e^x + 1)
    return tf.div(tf.mul(2, tf.sub(e, 1)), tf.add(e, 1));
  },
  differentiable: [0],
  tolerance: { ...transcendental, absolute: 1e-6 },
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

export const activationCases: readonly ConformanceCase[] = [gelus, ...activations, caps, ...gates, farGate, softpluses];
