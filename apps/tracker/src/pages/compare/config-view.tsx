import { differingPaths } from "@uniarm/pipeline/schema";
import { RunLink } from "../../components/run-link.tsx";
import { Select } from "../../components/select.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { classes } from "../../components/classes.ts";
import { CopyTableMenu } from "../../components/copy-table.tsx";
import { countText } from "../../text/number.ts";
import type { Compared } from "./compared.ts";
import { settingText } from "./setting-text.ts";

export interface ConfigViewProps {
  compared: readonly Compared[];
  baseline: string | undefined;
  onBaseline: (id: string) => void;
}

/** Only what differs; what is not as in the baseline stands out. */
export function ConfigView({ compared, baseline, onBaseline }: ConfigViewProps) {
  const base = compared.find(({ run }) => run.id === baseline) ?? compared[0]!;
  const paths = differingPaths(compared.map(({ settings }) => settings));
  const rows = [base, ...compared.filter((one) => one !== base)];
  const same = base.settings.size - paths.filter((path) => base.settings.has(path)).length;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <span id="baseline" className="text-muted">
          Baseline
        </span>
        <Select
          label="Baseline"
          value={base.run.id}
          onChange={onBaseline}
          options={compared.map(({ run, label }) => ({ value: run.id, label }))}
          className="max-w-72"
        />
        <CopyTableMenu
          label="Copy the differences"
          table={() => ({
            columns: ["run", ...paths],
            rows: rows.map(({ label, settings }) => [label, ...paths.map((path) => settingText(settings.get(path)))]),
          })}
        />
        <span className="text-muted">
          {countText(paths.length, "setting")} differ; {same} are the same in all.
        </span>
      </div>
      {paths.length === 0 ? (
        <p className="rounded-lg border border-line bg-surface p-4 text-muted">
          {compared.length < 2 ? "One run has nothing to differ from." : "The configs are the same."}
        </p>
      ) : (
        <Table label="Settings that differ">
          <thead>
            <tr>
              <Th className="sticky left-0 z-1">Run</Th>
              {paths.map((path) => (
                <Th key={path} className="font-mono">
                  {path}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.run.id}>
                <Td className="sticky left-0 z-1 bg-surface whitespace-nowrap">
                  <RunLink id={one.run.id} name={one.label} />
                  {one === base && <span className="ml-2 text-xs text-muted">baseline</span>}
                </Td>
                {paths.map((path) => {
                  const text = settingText(one.settings.get(path));
                  const differs = text !== settingText(base.settings.get(path));
                  return (
                    <Td
                      key={path}
                      className={classes(
                        "font-mono text-xs break-all",
                        differs ? "bg-warn-soft font-semibold" : "text-muted",
                      )}
                    >
                      {differs && <span className="sr-only">differs: </span>}
                      <span className="line-clamp-3">{text}</span>
                    </Td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </div>
  );
}
