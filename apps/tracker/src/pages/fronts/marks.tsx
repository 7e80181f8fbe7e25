/** What the fill of a point says; the same in every chart of the explorer. */
export function DominanceMarks({ objectives }: { objectives: number }) {
  const mark = (fill: string, dash?: string) => (
    <svg viewBox="0 0 12 12" className="inline-block size-3.5" aria-hidden>
      <circle cx={6} cy={6} r={4.6} fill={fill} stroke="var(--series-1)" strokeWidth={1.5} strokeDasharray={dash} />
    </svg>
  );
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted" aria-label="What the fill of a point says">
      <li className="flex items-center gap-1.5">{mark("var(--series-1)")} on the front</li>
      {objectives > 2 && (
        <li className="flex items-center gap-1.5">
          {mark("color-mix(in srgb, var(--series-1) 40%, transparent)", "2 1.5")} dominated only in this projection
        </li>
      )}
      <li className="flex items-center gap-1.5">{mark("var(--surface)")} dominated in all objectives</li>
    </ul>
  );
}
