/** 97.5 % quantiles of Student's t by degrees of freedom, 1 to 30. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL_975 = 1.96;

export interface MeanInterval {
  mean: number;
  /** null for one value: nothing is known of its spread */
  low: number | null;
  high: number | null;
  count: number;
}

/** Mean of independent values with its 95 % t-interval. Null for none. */
export function meanInterval(values: readonly number[]): MeanInterval | null {
  const count = values.length;
  if (count === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, low: null, high: null, count };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const half = ((T_975[count - 2] ?? NORMAL_975) * deviation) / Math.sqrt(count);
  return { mean, low: mean - half, high: mean + half, count };
}
