export interface ProgressProps {
  progress: { phase: string; done: number; total: number; unit: string } | null;
  /** what is under way, for screen readers */
  label: string;
}

/** A bar with its numbers: 7 of 9 runs. */
export function Progress({ progress, label }: ProgressProps) {
  if (!progress || progress.total <= 0) return <span className="text-muted">–</span>;
  const { done, total, unit } = progress;
  const share = Math.min(1, done / total);
  return (
    <div className="flex min-w-32 items-center gap-2">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        className="h-1.5 min-w-12 grow overflow-hidden rounded-full bg-sunken"
      >
        <div className="h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
      </div>
      <span className="text-xs whitespace-nowrap text-muted tabular-nums">
        {done.toLocaleString("en-US")}/{total.toLocaleString("en-US")} {unit}
      </span>
    </div>
  );
}
