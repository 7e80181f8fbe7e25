/** What a run does most of: training multiplies many rows, forth and back; decoding multiplies as many as it has responses. */
export type Job = "training" | "decoding";

export interface MeasuredProduct {
  job: Job;
  /** rows of x in x [rows, in] times a weight [out, in] */
  rows: number;
  /** how many weights of that size are read in turn: where reading them decides, more than a cache holds */
  weights: number;
}

export const WEIGHT_SHAPE: [outSize: number, inSize: number] = [2048, 1024];

export const MEASURED_PRODUCTS: readonly MeasuredProduct[] = [
  { job: "training", rows: 256, weights: 1 },
  { job: "decoding", rows: 1, weights: 4 },
  { job: "decoding", rows: 12, weights: 1 },
  { job: "decoding", rows: 48, weights: 1 },
];
