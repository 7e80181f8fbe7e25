/** Millions of numbers at four bytes each, and their quantiles. */
export class NumberList {
  private values = new Float32Array(1024);
  private count = 0;
  private sum = 0;

  add(value: number): void {
    if (this.count === this.values.length) {
      const bigger = new Float32Array(2 * this.count);
      bigger.set(this.values);
      this.values = bigger;
    }
    this.values[this.count++] = value;
    this.sum += value;
  }

  /** Null without numbers. */
  summary(): NumberSummary | null {
    if (this.count === 0) return null;
    const sorted = this.values.slice(0, this.count).sort();
    const quantile = (share: number): number => sorted[Math.min(this.count - 1, Math.floor(share * this.count))]!;
    return { mean: this.sum / this.count, p50: quantile(0.5), p95: quantile(0.95), max: sorted[this.count - 1]! };
  }
}

export interface NumberSummary {
  mean: number;
  p50: number;
  p95: number;
  max: number;
}
