import { MessageSquareText } from "lucide-react";
import { SeriesMark } from "../../charts/series-mark.tsx";
import { Button } from "../../components/button.tsx";
import { classes } from "../../components/classes.ts";
import { Estimate } from "../../components/estimate.tsx";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
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
          </tr>
        </thead>
        <tbody>
          {front.points.map(({ position, preference, mean, low, high, promptCount }) => (
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
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
