import { numberText } from "../text/number.ts";

export interface EstimateProps {
  value: number;
  low?: number | null | undefined;
  high?: number | null | undefined;
  unit?: string;
}

/** A value with its interval: 0.654 [0.641, 0.668]. */
export function Estimate({ value, low, high, unit }: EstimateProps) {
  return (
    <span className="whitespace-nowrap tabular-nums">
      {numberText(value)}
      {low != null && high != null && (
        <span className="text-muted">
          {" "}
          [{numberText(low)}, {numberText(high)}]
        </span>
      )}
      {unit !== undefined && <span className="text-muted"> {unit}</span>}
    </span>
  );
}
