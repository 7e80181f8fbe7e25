import { degenerateText } from "@uniarm/core/schema";
import { MessageSquareText } from "lucide-react";
import { SeriesMark } from "../../charts/series-mark.tsx";
import { Button } from "../../components/button.tsx";
import { classes } from "../../components/classes.ts";
import { Estimate } from "../../components/estimate.tsx";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { FluencyCells, FluencyHeading } from "./fluency-cells.tsx";
import { KlCell, KlHeading, KlReasons } from "./kl-cell.tsx";
import { preferenceText, type Explored } from "./explored.ts";
import { dominanceIn } from "./geometry.ts";
import { DOMINANCE_WORDS } from "./pair-option.ts";

export interface PointsPanelProps {
  explored: Explored;
  chosen: number | null;
  onPoint: (position: number) => void;
}

/** All points of a front with their intervals; the way to the answers without pointing at a chart. */
export function PointsPanel({ explored: { front, index, label }, chosen, onPoint }: PointsPanelProps) {
  const dominance = dominanceIn(
    front.points.map(({ mean }) => mean),
    front.objectives.map((_, axis) => axis),
  );
  const hasFluency = front.points.some(({ fluency }) => fluency !== null) || front.base?.fluency !== undefined;
  const hasKl = front.points.some(({ klFromBase }) => klFromBase?.value != null);
  const lost = degenerateText({
    points: front.points.map(({ preference, fluency }) => ({ preference, fluency: fluency ?? undefined })),
    base: front.base ?? undefined,
  });
  return (
    <Panel
      title={`Points of ${label}`}
      aside={
        <span className="flex items-center gap-2 text-muted">
          <SeriesMark index={index} />
          mean reward with 95 % interval
        </span>
      }
    >
      {lost.length > 0 && (
        <p role="note" className="mb-3">
          <strong>The text has lost its fluency</strong> {lost.join("; ")}: read the answers before you trust their
          rewards.
        </p>
      )}
      <Table label={`Points of ${label}`}>
        <thead>
          <tr>
            <Th>Preference ({front.objectives.join(", ")})</Th>
            <Th>
              <span className="sr-only">Answers</span>
            </Th>
            {front.objectives.map((name) => (
              <Th key={name}>{name}</Th>
            ))}
            <Th>Prompts</Th>
            <Th>Dominance</Th>
            {hasFluency && <FluencyHeading />}
            {hasKl && <KlHeading />}
          </tr>
        </thead>
        <tbody>
          {front.points.map(({ position, preference, mean, low, high, promptCount, fluency, klFromBase }) => (
            <tr key={position} className={classes(position === chosen && "bg-accent-soft")}>
              <Td className="whitespace-nowrap tabular-nums">{preferenceText(preference)}</Td>
              <Td className="py-1">
                <Button
                  size="small"
                  aria-label={`Answers at ${preferenceText(preference)}`}
                  aria-pressed={position === chosen}
                  onClick={() => onPoint(position)}
                >
                  <MessageSquareText aria-hidden />
                  Answers
                </Button>
              </Td>
              {mean.map((value, axis) => (
                <Td key={axis}>
                  <Estimate value={value} low={low[axis]} high={high[axis]} />
                </Td>
              ))}
              <Td className="tabular-nums">{promptCount}</Td>
              <Td className={classes("whitespace-nowrap", dominance[position] !== "none" && "text-muted")}>
                {DOMINANCE_WORDS[dominance[position]!]}
              </Td>
              {hasFluency && <FluencyCells fluency={fluency} />}
              {hasKl && <KlCell kl={klFromBase} />}
            </tr>
          ))}
          {front.base && (
            <tr>
              <Td className="font-medium">base model</Td>
              <Td />
              {front.base.mean.map(({ value, interval }, axis) => (
                <Td key={axis}>
                  <Estimate value={value} low={interval?.low} high={interval?.high} />
                </Td>
              ))}
              <Td className="tabular-nums">{front.base.promptCount}</Td>
              <Td />
              {hasFluency && <FluencyCells fluency={front.base.fluency ?? null} />}
              {hasKl && <KlCell kl={null} />}
            </tr>
          )}
        </tbody>
      </Table>
      <KlReasons all={front.points.map(({ klFromBase }) => klFromBase)} />
    </Panel>
  );
}
