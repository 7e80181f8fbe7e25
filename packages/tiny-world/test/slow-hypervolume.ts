/** Hypervolume by inclusion-exclusion over coordinate cells: slow, and simple enough to be seen right. 2 or 3 objectives. */
export function slowHypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const axes = reference.map((low, axis) =>
    [...new Set([low, ...points.map((point) => point[axis]!).filter((value) => value > low)])].sort((a, b) => a - b),
  );
  const cells = axes.map((values) => values.slice(1).map((high, index) => ({ high, size: high - values[index]! })));
  const visit = (axis: number, corner: number[], volume: number): number => {
    if (axis === reference.length) {
      return points.some((point) => point.every((value, i) => value >= corner[i]!)) ? volume : 0;
    }
    return cells[axis]!.reduce((sum, { high, size }) => sum + visit(axis + 1, [...corner, high], volume * size), 0);
  };
  return visit(0, [], 1);
}
