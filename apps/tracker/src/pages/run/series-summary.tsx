import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types.ts";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { numberText } from "../../text/number.ts";

const SHOWN = 12;

/** Last, smallest and largest value of each metric. */
export function SeriesSummary({ run }: { run: Run }) {
  return (
    <Panel
      title="Metrics"
      aside={
        <Link
          to="/runs/$id"
          params={{ id: run.id }}
          search={{ tab: "metrics" }}
          className="text-accent hover:underline"
        >
          Charts
        </Link>
      }
    >
      <Table label="Metrics">
        <thead>
          <tr>
            <Th>Metric</Th>
            <Th className="text-right">Last</Th>
            <Th className="text-right">At step</Th>
            <Th className="text-right">Smallest</Th>
            <Th className="text-right">Largest</Th>
            <Th className="text-right">Points</Th>
          </tr>
        </thead>
        <tbody className="tabular-nums">
          {run.series.slice(0, SHOWN).map(({ key, last, lastStep, min, max, count }) => (
            <tr key={key}>
              <Td className="min-w-32 break-all">{key}</Td>
              <Td className="text-right">{numberText(last)}</Td>
              <Td className="text-right">{lastStep.toLocaleString("en-US")}</Td>
              <Td className="text-right">{numberText(min)}</Td>
              <Td className="text-right">{numberText(max)}</Td>
              <Td className="text-right">{count.toLocaleString("en-US")}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
      {run.series.length > SHOWN && <p className="mt-2 text-muted">{run.series.length - SHOWN} more under Metrics.</p>}
    </Panel>
  );
}
