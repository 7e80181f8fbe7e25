import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { openEngine, type InferenceMemory } from "@uniarm/core";
import { expect, test } from "vitest";

const { name: engine } = await openEngine();

/** The peak of a process of its own, and what was predicted of it. */
async function measuredOnce(asked: readonly (string | number)[]): Promise<{ peak: number; predicted: number }> {
  const program = join(import.meta.dirname, "memory-child.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...asked.map(String)]);
  const { peak, predicted } = JSON.parse(stdout) as { peak: number; predicted: InferenceMemory };
  return { peak, predicted: predicted.peak };
}

/** The largest of up to three peaks: a machine that is short of memory takes pages of libraries back, and they do not count. */
async function shareOfPeak(...asked: (string | number)[]): Promise<number> {
  let most = 0;
  for (let run = 0; ; run++) {
    const { peak, predicted } = await measuredOnce(asked);
    most = Math.max(most, peak);
    if (run === 2 || predicted < 1.15 * most) return predicted / most;
  }
}

// nothing is predicted on wasm
test.skipIf(engine === "wasm").each([
  ["a long prompt", "float32", 1, 0, 2000, 2],
  ["many guided rows", "float32", 88, 1, 30, 16],
  ["quantized weights", "int8", 88, 1, 30, 16],
])("the predicted peak is within 15 %% of the measured one: %s", async (_, ...asked) => {
  const share = await shareOfPeak(...asked);
  expect(share).toBeGreaterThan(0.85);
  expect(share).toBeLessThan(1.15);
});
