import { expect, test } from "vitest";
import { withPointsOf } from "../../src/files/written-numbers.ts";

test("whole numbers that were written with a point are written so again, others are not", () => {
  const original =
    '{"cap": 30.0, "layers": 30, "eps": 1e-06, "rope": {"factor" : 8.00, "theta": 500000.0}, "text": "a: 3.0"}';
  const json = JSON.parse(original) as Record<string, unknown>;
  const changed = JSON.stringify(Object.assign(json, { layers: 4, added: 2 }), null, 2);
  const written = withPointsOf(original, changed);
  expect(written).toContain('"cap": 30.0,');
  expect(written).toContain('"factor": 8.0,');
  expect(written).toContain('"theta": 500000.0\n');
  expect(written).toContain('"layers": 4,');
  expect(written).toContain('"added": 2');
  expect(JSON.parse(written)).toEqual(JSON.parse(changed));
});
