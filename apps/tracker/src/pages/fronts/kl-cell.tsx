import { EVALUATION_METRICS, type KlFromBase } from "@uniarm/core/schema";
import { Estimate } from "../../components/estimate.tsx";
import { Td, Th } from "../../components/table.tsx";

export const KlHeading = () => (
  <Th>
    <span title={EVALUATION_METRICS.klFromBase.sentence}>KL from base</span>
  </Th>
);

/** Why some points have none: greedy answers are no samples. */
export function KlReasons({ all }: { all: readonly (KlFromBase | null)[] }) {
  const reasons = new Set(all.flatMap((kl) => (kl?.value === null ? [kl.reason] : [])));
  return Array.from(reasons, (reason) => (
    <p key={reason} className="mt-2 text-muted">
      No KL from the base: {reason}
    </p>
  ));
}

/** In nats a response; a dash where there is none, with the reason. */
export function KlCell({ kl }: { kl: KlFromBase | null }) {
  if (kl?.value == null)
    return (
      <Td>
        <span title={kl ? kl.reason : undefined}>–</span>
      </Td>
    );
  return (
    <Td>
      <Estimate value={kl.value} low={kl.interval?.low} high={kl.interval?.high} />
    </Td>
  );
}
