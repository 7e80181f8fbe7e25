import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { terminalProgress, type Progress } from "../src/progress.ts";
import { trainingNote } from "../src/training-note.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is no terminal, and what was written to it. */
function plain(): { progress: Progress; lines: () => string[] } {
  let text = "";
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  return {
    progress: terminalProgress(stream as unknown as NodeJS.WriteStream),
    lines: () => text.trimEnd().split("\n").filter(Boolean),
  };
}

function steps(progress: Progress, from: number, to: number, { total, ms }: { total: number; ms: number }): void {
  for (let step = from; step <= to; step++) {
    progress.update("train", step, total, "steps");
    vi.setSystemTime(Date.now() + ms);
  }
}

test("long work says after two more steps how long it will take, and then each quarter", () => {
  const { progress, lines } = plain();
  steps(progress, 1, 100, { total: 100, ms: 1000 });
  expect(lines()).toEqual([
    "train                  3/100 steps, 2.0 s, 97.0 s left",
    "train                  25/100 steps, 24.0 s, 75.0 s left",
    "train                  50/100 steps, 49.0 s, 50.0 s left",
    "train                  75/100 steps, 74.0 s, 25.0 s left",
    "train                  100/100 steps, 99.0 s",
  ]);
});

test("work that goes on where it was left is estimated by what it does now", () => {
  const { progress, lines } = plain();
  steps(progress, 60, 62, { total: 100, ms: 2000 });
  expect(lines().at(-1)).toBe("train                  62/100 steps, 4.0 s, 76.0 s left");
});

test("a validation between two steps neither repeats what was said nor hides its own time", () => {
  const { progress, lines } = plain();
  for (let step = 1; step <= 8; step++) {
    steps(progress, step, step, { total: 8, ms: 10_000 });
    progress.update("validate", 16, 32, "pairs");
    vi.setSystemTime(Date.now() + 10_000);
    progress.update("validate", 32, 32, "pairs");
  }
  expect(lines().filter((line) => line.startsWith("train"))).toEqual([
    "train                  2/8 steps, 20.0 s, 120.0 s left",
    "train                  3/8 steps, 40.0 s, 100.0 s left",
    "train                  4/8 steps, 60.0 s, 80.0 s left",
    "train                  6/8 steps, 100.0 s, 40.0 s left",
    "train                  8/8 steps, 140.0 s",
  ]);
});

test("short work says no more than its quarters", () => {
  const { progress, lines } = plain();
  steps(progress, 1, 8, { total: 8, ms: 10 });
  expect(lines().map((line) => line.split(",")[0]!.trim())).toEqual([
    "train                  2/8 steps",
    "train                  4/8 steps",
    "train                  6/8 steps",
    "train                  8/8 steps",
  ]);
});

test("what stands beside a training are moving means of loss and accuracy, which follow the newest steps", () => {
  const note = trainingNote();
  expect(note.text()).toBe("");
  const see = (values: Record<string, number>): void => note.see({ type: "metric", values });
  see({ loss: 0.7, "loss/helpful": 0.1, learningRate: 0.01 });
  expect(note.text()).toBe("loss 0.70");
  for (let step = 0; step < 200; step++)
    see({ loss: 0.4, accuracy: 0.8, "accuracy/helpful": 0.9, "accuracy/harmless": 0.7, "validation/loss": 9 });
  expect(note.text()).toBe("loss 0.40, accuracy 0.80 (helpful 0.90, harmless 0.70)");
});

test("a training for one objective says its accuracy once", () => {
  const note = trainingNote();
  note.see({ type: "metric", values: { loss: 0.5, accuracy: 0.6, "accuracy/helpful": 0.6 } });
  expect(note.text()).toBe("loss 0.50, accuracy 0.60");
});
