import type { Steerer } from "./steered-by.ts";
import { FULL_NATS, shadeColour, shadeOf } from "./shading.ts";

const STOPS = [-FULL_NATS, -FULL_NATS / 2, 0, FULL_NATS / 2, FULL_NATS];

export const ShadeLegend = ({ by }: { by: Steerer }) => (
  <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
    <span>Shading: log p of the {by} minus that of the base.</span>
    <span className="inline-flex items-center gap-2">
      <span>less likely</span>
      <span className="inline-flex overflow-hidden rounded border border-line" aria-hidden>
        {STOPS.map((nats) => (
          <span key={nats} className="px-1.5 text-ink tabular-nums" style={{ background: shadeColour(shadeOf(nats)) }}>
            {nats > 0 ? `+${nats}` : nats}
          </span>
        ))}
      </span>
      <span>more likely, nats</span>
    </span>
  </p>
);
