import { expect, test } from "vitest";
import { drawn } from "../../src/testing/drawn.ts";

test("numbers drawn by a tensor's name are those that the reference's Python draws", () => {
  const values = drawn("model.layers.0.self_attn.q_proj.weight", [2, 3], 0.3, 1);
  expect([...values]).toEqual([
    1.217248558998108, 1.0025614500045776, 0.7156584858894348, 0.8254982233047485, 0.8328164219856262,
    0.8644185066223145,
  ]); // by tooling/reference/combinations/drawn.py
});
