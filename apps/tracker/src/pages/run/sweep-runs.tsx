import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { metricName, settingSteps, SweepConfig, sweptFields } from "@uniarm/pipeline/schema";
import { useEffect, useMemo, useState } from "react";
import { queries } from "../../api/queries.ts";
import type { Run } from "../../api/types.ts";
import { useKeepList } from "../../api/url-list.ts";
import { lossesFirst } from "../../charts/losses-first.ts";
import { Button } from "../../components/button.tsx";
import { Duration } from "../../components/duration.tsx";
import { Panel } from "../../components/panel.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { Select } from "../../components/select.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { countText, numberText } from "../../text/number.ts";

const MOST = 500;
const fieldOf = (path: string): string => `config.${settingSteps(path)!.join(".")}`;

/** The runs of a sweep as a table, with the settings that vary and a metric as columns. */
export function SweepRuns({ run }: { run: Run }) {
  const paths = useMemo(() => {
    const config = SweepConfig.safeParse(run.config).data;
    return config ? sweptFields(config.search) : [];
  }, [run.config]);
  const ids = useMemo(() => run.children.map(({ id }) => id), [run.children]);
  const ended = run.children.filter(({ endedAt }) => endedAt !== null).length;
  const { data: names } = useQuery(queries.metricNames(ids));
  const client = useQueryClient();
  useEffect(() => {
    // each that ends may bring some
    void client.invalidateQueries({ queryKey: ["metric-keys"] });
  }, [client, ended]);
  const metrics = useMemo(
    () => lossesFirst((names?.names ?? []).map(({ key }) => key).filter((key) => !key.startsWith("system/"))),
    [names],
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const metric = chosen ?? metrics[0];
  const columns = [...paths.map(fieldOf), ...(metric === undefined ? [] : [metricName(metric)])];
  const { data } = useQuery(
    queries.runs({ parent: run.id, sort: "position", limit: MOST, columns: columns.join(",") }),
  );
  const keep = useKeepList();
  const navigate = useNavigate();
  const judge = (): void => {
    const { text, id } = keep(ids);
    void navigate({ to: "/compare", search: { runs: text, runsIn: id, view: "importance" } });
  };
  return (
    <Panel
      title="Runs of this sweep"
      aside={
        <span className="flex flex-wrap items-center gap-3">
          <span className="text-muted tabular-nums">{`${ended} of ${countText(run.children.length, "run")} ended`}</span>
          <Link
            to="/runs"
            search={{ filter: `parent = ${run.id}`, children: true, columns: ["state", ...columns].join(",") }}
            className="text-accent hover:underline"
          >
            In the runs table
          </Link>
          <Button size="small" onClick={judge}>
            What mattered
          </Button>
          {metrics.length > 1 && (
            <Select
              label="Metric"
              value={metric!}
              onChange={setChosen}
              options={metrics.map((key) => ({ value: key, label: key }))}
              className="max-w-48"
            />
          )}
        </span>
      }
    >
      {!data ? (
        <SkeletonRows rows={4} />
      ) : (
        <div className="max-h-[32rem] overflow-y-auto">
          <Table label="Runs of this sweep">
            <thead>
              <tr>
                <Th>Run</Th>
                <Th>State</Th>
                {paths.map((path) => (
                  <Th key={path}>{path}</Th>
                ))}
                {metric !== undefined && <Th className="text-right">{metric}</Th>}
                <Th className="text-right">Duration</Th>
              </tr>
            </thead>
            <tbody>
              {data.runs.map(({ id, name, state, columns: own, startedAt, endedAt }) => (
                <tr key={id}>
                  <Td className="min-w-36 wrap-anywhere">
                    <RunLink id={id} name={name} />
                  </Td>
                  <Td>
                    <StateBadge state={state} />
                  </Td>
                  {paths.map((path) => (
                    <Td key={path} className="font-mono text-xs wrap-anywhere">
                      {settingText(own[fieldOf(path)])}
                    </Td>
                  ))}
                  {metric !== undefined && (
                    <Td className="text-right tabular-nums">{numberText(own[metricName(metric)] as number | null)}</Td>
                  )}
                  <Td className="text-right">
                    <Duration from={startedAt} to={endedAt} />
                  </Td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </Panel>
  );
}

const settingText = (value: unknown): string =>
  value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
