import { Link } from "@tanstack/react-router";
import { useId } from "react";
import type { CompareSearch } from "../../app/search.ts";
import { LineMark } from "../../charts/series-mark.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { CopyTableMenu } from "../../components/copy-table.tsx";
import { Estimate } from "../../components/estimate.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { Select } from "../../components/select.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import type { CopyTable } from "../../text/copy-table.ts";
import { countText, numberText } from "../../text/number.ts";
import { protocolsOf, type Compared, type Figure, type Stat } from "./compared.ts";
import { meanInterval } from "./interval.ts";
import { seedGroups, type SeedGroup } from "./seed-groups.ts";

export interface SummaryViewProps {
  compared: readonly Compared[];
  figures: readonly Figure[];
  search: CompareSearch;
  onSearch: (changes: Partial<CompareSearch>) => void;
}

type Group = SeedGroup<Compared["run"]>;

/** Figures of the runs, or of runs that differ only in their seeds with their means and intervals. */
export function SummaryView({ compared, figures, search, onSearch }: SummaryViewProps) {
  const seedsId = useId();
  const { stat = "last", seeds = false } = search;
  const runs = compared.map(({ run }) => run);
  const groups = seedGroups(runs);
  const protocols = protocolsOf(runs);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Select<Stat>
          label="Of a metric's history"
          value={stat}
          onChange={(next) => onSearch({ stat: next === "last" ? undefined : next })}
          options={[
            { value: "last", label: "last values" },
            { value: "min", label: "smallest values" },
            { value: "max", label: "largest values" },
          ]}
        />
        <span className="inline-flex items-center gap-2">
          <Checkbox id={seedsId} checked={seeds} onChange={(on) => onSearch({ seeds: on || undefined })} />
          <label htmlFor={seedsId}>Mean over seeds ({countText(groups.length, "group")})</label>
        </span>
        <CopyTableMenu
          label="Copy the summary"
          table={() => (seeds ? groupTable(groups, figures) : runTable(compared, figures))}
        />
      </div>
      {protocols > 1 && (
        <p className="text-warn">
          The fronts were measured under {protocols} protocols: their hypervolumes and inner products do not compare.
        </p>
      )}
      {seeds ? <Groups groups={groups} figures={figures} /> : <Runs compared={compared} figures={figures} />}
      <p className="text-xs text-muted">
        {seeds
          ? "Mean over runs that differ only in their seeds, with the 95 % t-interval of the mean."
          : "Hypervolume and mean inner product of a run's front; of the largest, where a run has several."}
      </p>
    </div>
  );
}

function Runs({ compared, figures }: Pick<SummaryViewProps, "compared" | "figures">) {
  return (
    <Table label="Summary of the runs">
      <thead>
        <tr>
          <Th className="sticky left-0 z-1">Run</Th>
          <Th>State</Th>
          {figures.map(({ key, label }) => (
            <Th key={key} className="text-right">
              {label}
            </Th>
          ))}
          <Th>Front</Th>
        </tr>
      </thead>
      <tbody>
        {compared.map(({ run, index, label }) => (
          <tr key={run.id}>
            <Td className="sticky left-0 z-1 bg-surface whitespace-nowrap">
              <span className="flex items-center gap-2">
                <LineMark index={index} />
                <RunLink id={run.id} name={label} />
              </span>
            </Td>
            <Td>
              <StateBadge state={run.state} />
            </Td>
            {figures.map(({ key, of }) => (
              <Td key={key} className="text-right tabular-nums">
                {numberText(of(run))}
              </Td>
            ))}
            <Td className="whitespace-nowrap">
              {run.fronts[0] ? (
                <Link
                  to="/fronts/$id"
                  params={{ id: run.fronts[0].id }}
                  className="text-accent underline-offset-2 hover:underline"
                >
                  {run.fronts[0].name}
                  {run.fronts.length > 1 && ` (of ${run.fronts.length})`}
                </Link>
              ) : (
                <span className="text-muted">–</span>
              )}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Groups({ groups, figures }: { groups: readonly Group[]; figures: readonly Figure[] }) {
  return (
    <Table label="Summary over seeds">
      <thead>
        <tr>
          <Th className="sticky left-0 z-1">Runs</Th>
          <Th className="text-right">Seeds</Th>
          {figures.map(({ key, label }) => (
            <Th key={key} className="text-right">
              {label}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {groups.map(({ name, runs }) => (
          <tr key={runs[0]!.id}>
            <Td className="sticky left-0 z-1 bg-surface font-medium whitespace-nowrap">{name}</Td>
            <Td className="text-right tabular-nums">{runs.length}</Td>
            {figures.map((figure) => {
              const found = intervalOf(runs, figure);
              return (
                <Td key={figure.key} className="text-right">
                  {found ? <Estimate value={found.mean} low={found.low} high={found.high} /> : "–"}
                </Td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const intervalOf = (runs: Group["runs"], { of }: Figure) =>
  meanInterval(runs.map(of).filter((value) => value !== null));

const runTable = (compared: readonly Compared[], figures: readonly Figure[]): CopyTable => ({
  columns: ["run", ...figures.map(({ label }) => label)],
  rows: compared.map(({ run, label }) => [label, ...figures.map(({ of }) => of(run))]),
});

const groupTable = (groups: readonly Group[], figures: readonly Figure[]): CopyTable => ({
  columns: ["runs", "seeds", ...figures.map(({ label }) => label)],
  rows: groups.map(({ name, runs }) => [name, runs.length, ...figures.map((figure) => intervalOf(runs, figure))]),
});
