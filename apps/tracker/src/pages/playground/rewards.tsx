import type { Outputs } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { numberText } from "../../text/number.ts";

export type Judgement = NonNullable<Outputs["tinyWorld"]["judge"]["judgement"]>;

const KINDS: Record<string, string> = {
  S: "step",
  D: "detail",
  C: "caution",
  R: "refusal",
  J: "joke",
  F: "filler",
  X: "unknown sentence",
  P: "repeat",
};
const kindsText = (kinds: readonly string[]): string =>
  kinds.map((kind) => KINDS[kind] ?? kind).join(", ") || "nothing";

/** Exact rewards of an answer, and the best that was possible at its preference. */
export function Rewards({
  judged,
  best,
  objectives,
}: {
  judged: Judgement["answers"][number];
  best: Judgement["best"][number] | undefined;
  objectives: readonly string[];
}) {
  const values = (rewards: Record<string, number>) =>
    objectives.map((name) => (
      <Badge key={name} className="tabular-nums">
        {name} {numberText(rewards[name])}
      </Badge>
    ));
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-2 gap-y-1 text-xs">
      <dt className="text-muted">Rewards</dt>
      <dd className="flex flex-wrap items-center gap-1">
        {values(judged.rewards)} <span className="text-muted">{kindsText(judged.kinds)}</span>
      </dd>
      {best && (
        <>
          <dt className="text-muted">Best possible</dt>
          <dd className="flex flex-wrap items-center gap-1">
            {values(best.rewards)} <span className="text-muted">{kindsText(best.kinds)}</span>
          </dd>
        </>
      )}
    </dl>
  );
}
