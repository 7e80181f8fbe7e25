import { preferenceGrid } from "@uniarm/core/schema";
import { exactFront, TINY_WORLD_OBJECTIVES, tinyWorldProtocol } from "@uniarm/tiny-world/exact";

/** The exact optimum on tiny-world: mean rewards over balanced hazard levels, in the order of the objectives. */
export interface Optimum {
  /** at the preferences of the front, in their order */
  points: ExactPoint[];
  /** on a finer grid: the line */
  curve: ExactPoint[];
}
interface ExactPoint {
  preference: number[];
  mean: number[];
}

const CURVE_DIVISIONS = { 2: 100, 3: 12 } as const;
const SAME = 1e-6;

interface Protocol {
  objectives: readonly string[];
  normaliser: { nadir: readonly number[]; ideal: readonly number[] };
  preferences: readonly (readonly number[])[];
}

const curves = new Map<2 | 3, ExactPoint[]>();

/** The exact optimum under a protocol; null where it is not tiny-world's, and the best is unknown. */
export function optimumOf({ objectives, normaliser, preferences }: Protocol): Optimum | null {
  const count = objectives.length;
  if ((count !== 2 && count !== 3) || objectives.some((name, axis) => name !== TINY_WORLD_OBJECTIVES[axis]))
    return null;
  const own = tinyWorldProtocol(count).normaliser;
  const isOwn = (["nadir", "ideal"] as const).every((end) =>
    own[end].every((value, axis) => Math.abs(value - (normaliser[end][axis] ?? NaN)) <= SAME),
  );
  if (!isOwn) return null;
  const curve = curves.get(count) ?? exactPoints(preferenceGrid(count, CURVE_DIVISIONS[count]));
  curves.set(count, curve);
  return { points: exactPoints(preferences), curve };
}

const exactPoints = (preferences: readonly (readonly number[])[]): ExactPoint[] =>
  exactFront(preferences).map(({ preference, rewards }) => ({ preference: [...preference], mean: rewards }));
