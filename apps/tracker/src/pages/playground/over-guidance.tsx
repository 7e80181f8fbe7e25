import { Badge, type Tone } from "../../components/badge.tsx";
import { countText } from "../../text/number.ts";
import type { OverGuidance } from "./gauge.ts";

const LOOK: Record<OverGuidance["level"], { tone: Tone; word: string }> = {
  none: { tone: "good", word: "guidance in bounds" },
  some: { tone: "warn", word: "some over-guidance" },
  much: { tone: "bad", word: "over-guided" },
};

/** How far guidance has pushed an answer away from what the base model would write. */
export function OverGuidanceGauge({ gauge }: { gauge: OverGuidance }) {
  const { tokens, unlikely, repeated, level } = gauge;
  const share = tokens === 0 ? 0 : unlikely / tokens;
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
      <Badge tone={LOOK[level].tone}>{LOOK[level].word}</Badge>
      <span
        role="meter"
        aria-label="Share of tokens that the base model gives less than 1e-4"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        className="h-1.5 w-14 overflow-hidden rounded-full bg-line"
      >
        <span className="block h-full bg-current" style={{ width: `${share * 100}%` }} />
      </span>
      <span className="tabular-nums">
        {unlikely} of {countText(tokens, "token")} below 1e-4 of the base, {countText(repeated, "repeated sentence")}
      </span>
    </div>
  );
}
