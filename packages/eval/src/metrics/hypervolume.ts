import { UniArmError } from "@uniarm/core/schema";
import { checkPoints, type Point } from "../points.ts";
import { wfg } from "./wfg.ts";

/**
 * Exact hypervolume: the volume of the union of the boxes between `reference` and each point; larger is better.
 * Points that are not strictly above the reference in every objective are dropped, not moved onto it.
 * A report's hypervolume is of normalised mean rewards; the figure means nothing without its normaliser and reference.
 *
 * 1 objective: a maximum. 2: a sweep. 3: slices along the third objective. More: WFG.
 *
 * @throws UniArmError hypervolume-reference (empty or not finite), points-length, points-not-finite
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  if (reference.length === 0 || !reference.every(Number.isFinite)) {
    throw new UniArmError(
      "hypervolume-reference",
      `The reference point is [${reference.join(", ")}]; expected one finite number per objective.`,
    );
  }
  checkPoints(points, reference.length, "Point");
  const boxes = points
    .map((point) => point.map((value, axis) => value - reference[axis]!))
    .filter((box) => box.every((side) => side > 0));
  return volumeAboveOrigin(boxes, reference.length);
}

/** Boxes [n,K] of positive sides from the origin -> volume of their union. */
function volumeAboveOrigin(boxes: readonly Point[], objectiveCount: number): number {
  if (boxes.length === 0) return 0;
  if (objectiveCount === 1) return boxes.reduce((largest, box) => Math.max(largest, box[0]!), 0);
  if (objectiveCount === 2) return area(boxes);
  if (objectiveCount === 3) return slices(boxes);
  return wfg(boxes);
}

/** From right to left, each box adds its part above all boxes to its right. */
function area(boxes: readonly Point[]): number {
  let top = 0;
  let sum = 0;
  for (const [x, y] of boxes.toSorted((one, other) => other[0]! - one[0]!) as [number, number][]) {
    if (y <= top) continue;
    sum += x * (y - top);
    top = y;
  }
  return sum;
}

/**
 * From the top down: each slice between two heights is the area of the boxes that reach it times its thickness. The boxes so far
 * are kept as stairs, by falling first and rising second side, so that their area is one pass.
 */
function slices(boxes: readonly Point[]): number {
  const falling = boxes.toSorted((one, other) => other[2]! - one[2]!);
  const stairs: (readonly [number, number])[] = [];
  let sum = 0;
  for (const [index, box] of falling.entries()) {
    addStair(stairs, box[0]!, box[1]!);
    const thickness = box[2]! - (falling[index + 1]?.[2] ?? 0);
    if (thickness > 0) sum += areaOf(stairs) * thickness;
  }
  return sum;
}

function addStair(stairs: (readonly [number, number])[], x: number, y: number): void {
  let place = 0;
  while (place < stairs.length && stairs[place]![0] >= x) place += 1;
  if (place > 0 && stairs[place - 1]![1] >= y) return; // as wide and as high as this one
  let from = place; // an equally wide, lower one is covered, too
  if (from > 0 && stairs[from - 1]![0] === x) from -= 1;
  let to = place;
  while (to < stairs.length && stairs[to]![1] <= y) to += 1;
  stairs.splice(from, to - from, [x, y]);
}

function areaOf(stairs: readonly (readonly [number, number])[]): number {
  let [sum, below] = [0, 0];
  for (const [x, y] of stairs) {
    sum += x * (y - below);
    below = y;
  }
  return sum;
}
