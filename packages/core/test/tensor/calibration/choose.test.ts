import { expect, test } from "vitest";
import { fastestType } from "../../../src/tensor/calibration/choose.ts";
import { MEASURED_PRODUCTS, type Job } from "../../../src/tensor/calibration/measured-products.ts";
import type { MeasuredCell } from "../../../src/tensor/calibration/table.ts";

/** Milliseconds of each type, in the order of the job's products. */
function table(job: Job, times: Record<string, number[]>): MeasuredCell[] {
  const products = MEASURED_PRODUCTS.filter((product) => product.job === job);
  return Object.entries(times).flatMap(([type, each]) =>
    each.map((milliseconds, index) => ({ job, rows: products[index]!.rows, type, milliseconds })),
  );
}

test("each job takes its own fastest type: what trains slowly may decode fast", () => {
  const cells = [
    ...table("training", { float32: [50], bfloat16: [90] }),
    ...table("decoding", { float32: [1.2, 3, 6], bfloat16: [0.7, 1, 2] }),
  ];
  expect(fastestType(cells, "training")).toBe("float32");
  expect(fastestType(cells, "decoding")).toBe("bfloat16");
});

test("every number of rows counts alike: the slowest product does not outvote the others", () => {
  // twice as fast at 1 and 12 rows, a little slower at 48, where a sum would call it a draw
  const cells = table("decoding", { float32: [1, 3, 60], bfloat16: [0.5, 1.5, 62] });
  expect(fastestType(cells, "decoding")).toBe("bfloat16");
});

test("a gain as small as noise leaves weights exact", () => {
  expect(fastestType(table("training", { float32: [100], bfloat16: [91] }), "training")).toBe("float32");
  expect(fastestType(table("training", { float32: [100], bfloat16: [89] }), "training")).toBe("bfloat16");
});

test("a type that changes numbers is never taken, however fast it is", () => {
  const cells = table("decoding", { float32: [8, 8, 8], bfloat16: [9, 9, 9], int8: [1, 1, 1], int4: [0.1, 0.1, 0.1] });
  expect(fastestType(cells, "decoding")).toBe("float32");
});

test.each(["float32", "bfloat16"])("where a product of %s was not measured nothing is chosen", (type) => {
  const cells = table("decoding", { float32: [1, 3, 6], bfloat16: [0.5, 1, 2] });
  const lacking = cells.filter((cell) => !(cell.type === type && cell.rows === 12));
  expect(fastestType(lacking, "decoding")).toBeNull();
  expect(fastestType(cells, "training")).toBeNull();
});
