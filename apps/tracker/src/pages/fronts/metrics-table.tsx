import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SeriesMark } from "../../charts/series-mark.tsx";
import { Estimate } from "../../components/estimate.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { numberText } from "../../text/number.ts";
import { normalisedBy, type Explored, type Optimum, type Protocol } from "./explored.ts";
import { hypervolume, meanInnerProduct, spreadOf } from "./geometry.ts";
import { SENTENCES } from "../../text/metric-sentences.ts";

export interface MetricsTableProps {
  fronts: readonly Explored[];
  protocol: Protocol;
  optimum: Optimum | null;
  /** of the front whose points are listed */
  current: string;
  onCurrent: (id: string) => void;
}

/** A line for each front, and one for the best that is possible. */
export function MetricsTable({ fronts, protocol, optimum, current, onCurrent }: MetricsTableProps) {
  const exact = optimum && exactFigures(optimum, protocol);
  return (
    <Table label="Figures of the fronts">
      <thead>
        <tr>
          <Th>Front</Th>
          <Th>Method, run</Th>
          <Figure
            name="Hypervolume"
            sentence={`${SENTENCES.hypervolume} Reference point ${vector(protocol.reference)}.`}
          />
          {exact && <Figure name="Of the optimum" sentence={SENTENCES.share} />}
          <Figure name="Mean inner product" sentence={SENTENCES.meanInnerProduct} />
          <Figure name="Spread" sentence={SENTENCES.spread} />
          <Figure name="Not dominated" sentence={SENTENCES.undominated} />
        </tr>
      </thead>
      <tbody>
        {fronts.map(({ front, index, label, spread, undominated }) => (
          <tr key={front.id} className={fronts.length > 1 && front.id === current ? "bg-accent-soft" : ""}>
            <Td>
              <span className="flex items-center gap-2">
                <SeriesMark index={index} />
                {fronts.length === 1 ? (
                  <span className="font-medium">{label}</span>
                ) : (
                  <Link
                    to="/fronts/$id"
                    params={{ id: front.id }}
                    className="font-medium text-accent underline-offset-2 hover:underline"
                  >
                    {label}
                  </Link>
                )}
              </span>
              {fronts.length > 1 && front.id !== current && (
                <button
                  type="button"
                  className="mt-1 text-xs text-accent underline-offset-2 hover:underline"
                  onClick={() => onCurrent(front.id)}
                >
                  List its points
                </button>
              )}
            </Td>
            <Td>
              {front.method ?? "–"}
              <br />
              <RunLink id={front.run.id} name={front.run.name} />
            </Td>
            <Td>
              <Estimate value={front.hypervolume} low={front.hypervolumeLow} high={front.hypervolumeHigh} />
            </Td>
            {exact && <Td>{percent(front.hypervolume / exact.hypervolume)}</Td>}
            <Td>
              <Estimate
                value={front.meanInnerProduct}
                low={front.meanInnerProductLow}
                high={front.meanInnerProductHigh}
              />
            </Td>
            <Td className="tabular-nums">{percent(spread)}</Td>
            <Td className="whitespace-nowrap tabular-nums">
              {undominated} of {front.points.length}
            </Td>
          </tr>
        ))}
        {exact && (
          <tr>
            <Td>
              <span className="flex items-center gap-2">
                <svg viewBox="0 0 12 12" className="size-3 shrink-0" aria-hidden>
                  <path d="M6 1L11 6 6 11 1 6z" fill="none" stroke="var(--ink)" strokeWidth={1.4} />
                </svg>
                <span className="font-medium">exact optimum</span>
              </span>
            </Td>
            <Td className="text-muted">enumerated, at the same preferences</Td>
            <Td className="tabular-nums">{numberText(exact.hypervolume)}</Td>
            <Td className="tabular-nums">100 %</Td>
            <Td className="tabular-nums">{numberText(exact.meanInnerProduct)}</Td>
            <Td className="tabular-nums">{percent(exact.spread)}</Td>
            <Td>–</Td>
          </tr>
        )}
      </tbody>
    </Table>
  );
}

const Figure = ({ name, sentence }: { name: string; sentence: ReactNode }) => (
  <Th className="min-w-44 align-top">
    {name}
    <span className="block font-normal whitespace-normal">{sentence}</span>
  </Th>
);

const vector = (entries: readonly number[]): string => `(${entries.map((entry) => numberText(entry)).join(", ")})`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function exactFigures({ points }: Optimum, { normaliser, reference }: Protocol) {
  const normalised = points.map(({ mean }) => normalisedBy(normaliser, mean));
  return {
    hypervolume: hypervolume(normalised, reference),
    meanInnerProduct: meanInnerProduct(points),
    spread: spreadOf(normalised),
  };
}
