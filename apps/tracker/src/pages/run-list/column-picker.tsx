import { useQueries, useQuery } from "@tanstack/react-query";
import { metricName } from "@uniarm/pipeline/schema";
import { Columns3 } from "lucide-react";
import { useId, useState } from "react";
import { queries } from "../../api/queries.ts";
import type { Inputs, RunRow } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";
import { settingPaths } from "../../form/setting-paths.ts";
import { DEFAULT_COLUMNS, FIXED_COLUMNS } from "./columns.tsx";

/** Metrics are looked for in so many of the runs that are loaded. */
const LOOKED_AT = 50;
const MOST_SHOWN = 60;

type Kind = Inputs["system"]["schema"]["kind"];

export interface ColumnPickerProps {
  chosen: readonly string[];
  onChosen: (names: readonly string[]) => void;
  runs: readonly RunRow[];
}

export function ColumnPicker(props: ColumnPickerProps) {
  return (
    <Popover
      label="Columns"
      trigger={
        <Button>
          <Columns3 aria-hidden />
          Columns
        </Button>
      }
    >
      <ColumnList {...props} />
    </Popover>
  );
}

function ColumnList({ chosen, onChosen, runs }: ColumnPickerProps) {
  const [needle, setNeedle] = useState("");
  const own = useOwnColumns(runs);
  const fits = (text: string): boolean => text.toLowerCase().includes(needle.trim().toLowerCase());
  const toggle = (name: string, on: boolean): void =>
    onChosen(on ? [...chosen, name] : chosen.filter((one) => one !== name));
  const found = [...new Set([...chosen.filter((name) => name.includes(".")), ...own])].filter(fits);
  return (
    <div className="flex flex-col gap-3">
      <Input
        aria-label="Find a column"
        placeholder="Find: loss, learningRate…"
        value={needle}
        onChange={(event) => setNeedle(event.target.value)}
      />
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 text-xs font-semibold text-muted">Of every run</legend>
        {FIXED_COLUMNS.filter(({ label }) => fits(label)).map(({ name, label }) => (
          <Choice key={name} label={label} checked={chosen.includes(name)} onChange={(on) => toggle(name, on)} />
        ))}
      </fieldset>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 text-xs font-semibold text-muted">Settings and metrics</legend>
        {found.slice(0, MOST_SHOWN).map((name) => (
          <Choice key={name} label={name} checked={chosen.includes(name)} onChange={(on) => toggle(name, on)} mono />
        ))}
        {found.length > MOST_SHOWN && (
          <p className="text-xs text-muted">{found.length - MOST_SHOWN} more: write some of its name.</p>
        )}
        {found.length === 0 && <p className="text-xs text-muted">The loaded runs have no column of that name.</p>}
      </fieldset>
      <Button size="small" onClick={() => onChosen(DEFAULT_COLUMNS)} className="self-start">
        Reset the columns
      </Button>
    </div>
  );
}

function Choice({
  label,
  checked,
  onChange,
  mono = false,
}: {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
  mono?: boolean;
}) {
  const id = useId();
  return (
    <div className="flex items-center gap-2">
      <Checkbox id={id} checked={checked} onChange={onChange} />
      <label htmlFor={id} className={mono ? "min-w-0 font-mono text-xs break-all" : ""}>
        {label}
      </label>
    </div>
  );
}

/** Settings of the kinds that are there, and metrics of the first runs. */
function useOwnColumns(runs: readonly RunRow[]): string[] {
  const kinds = [...new Set(runs.map(({ kind }) => kind))] as Kind[];
  const schemas = useQueries({ queries: kinds.map((kind) => queries.schema(kind)) });
  const looked = runs.slice(0, LOOKED_AT).map(({ id }) => id);
  const { data: metrics } = useQuery({ ...queries.metricNames(looked), enabled: looked.length > 0 });
  const keys = new Set(metrics?.names.map(({ key }) => metricName(key)) ?? []);
  const settings = new Set(
    schemas.flatMap(({ data }) => (data ? settingPaths(data).map((path) => `config.${path}`) : [])),
  );
  return [...keys, ...settings];
}
