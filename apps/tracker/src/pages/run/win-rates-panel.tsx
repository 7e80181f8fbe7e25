import type { WinRate } from "@uniarm/core/schema";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../../api/queries.ts";
import type { Run } from "../../api/types.ts";
import { Estimate } from "../../components/estimate.tsx";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { Unread } from "./unread.tsx";

type Judged = Pick<Run, "id" | "name">;

/** The runs in which a judge compared answers with the base model's: the run itself, or those of a study. */
export function judgingRuns({ id, name, kind, state, children }: Run): Judged[] {
  if (kind === "judge") return state === "SUCCEEDED" ? [{ id, name }] : [];
  return children.filter((child) => child.kind === "judge" && child.state === "SUCCEEDED");
}

/** How often a judge preferred a method's answers to the base model's, of one training at a time. */
export function WinRatesPanel({ runs }: { runs: readonly Judged[] }) {
  const [chosen, setChosen] = useState(runs[0]!.id);
  const { data: report, error } = useQuery(
    queries.judgeReport(runs.some(({ id }) => id === chosen) ? chosen : runs[0]!.id),
  );
  if (error) return <Unread title="Win rates" error={error} />;
  return (
    <Panel title="Win rates">
      {runs.length > 1 && (
        <Select
          label="Training that was judged"
          className="mb-3"
          value={chosen}
          onChange={setChosen}
          options={runs.map(({ id, name }) => ({ value: id, label: name.replace(/\/judge$/, "") }))}
        />
      )}
      {report && (
        <>
          <Rates rates={report.rates} />
          <p className="mt-2 text-muted">
            Against the base model&apos;s answers to the same prompts, by {report.judge.model}: wins and half of ties
            and failures, over all pairs, each shown in both orders. Intervals of{" "}
            {Number((100 * report.confidence).toFixed(2))} %, over prompts.
          </p>
        </>
      )}
    </Panel>
  );
}

function Rates({ rates }: { rates: readonly WinRate[] }) {
  return (
    <Table label="Win rates against the base model">
      <thead>
        <tr>
          <Th>Preference</Th>
          <Th>Objective</Th>
          <Th>Win rate</Th>
          <Th className="text-right">Pairs</Th>
          <Th className="text-right">Wins</Th>
          <Th className="text-right">Ties</Th>
          <Th className="text-right">Losses</Th>
          <Th className="text-right">Failed</Th>
        </tr>
      </thead>
      <tbody>
        {rates.map(({ preference, objective, winRate, pairs, wins, ties, losses, failed }) => (
          <tr key={`${String(preference)} ${objective}`}>
            <Td className="whitespace-nowrap tabular-nums">
              {preference === null ? "any" : `(${preference.join(", ")})`}
            </Td>
            <Td>{objective}</Td>
            <Td>
              {winRate ? (
                <Estimate value={winRate.value} low={winRate.interval?.low} high={winRate.interval?.high} />
              ) : (
                "no verdict"
              )}
            </Td>
            {[pairs, wins, ties, losses, failed].map((count, column) => (
              <Td key={column} className="text-right tabular-nums">
                {count}
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
