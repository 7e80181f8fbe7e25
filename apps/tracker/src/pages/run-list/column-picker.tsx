import { Columns3 } from "lucide-react";
import { useId, useState } from "react";
import type { RunRow } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";
import { ColumnOrder } from "./column-order.tsx";
import { FIXED_COLUMNS, type RunColumn } from "./columns.tsx";
import { useOwnColumns } from "./own-columns.ts";

const MOST_SHOWN = 60;

export interface ColumnPickerProps {
  chosen: readonly string[];
  onChosen: (names: readonly string[]) => void;
  /** the chosen ones, as they are shown */
  columns: readonly RunColumn[];
  onWidth: (name: string, px: number) => void;
  onReset: () => void;
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

function ColumnList({ chosen, onChosen, columns, onWidth, onReset, runs }: ColumnPickerProps) {
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
      {columns.length > 0 && needle === "" && <ColumnOrder columns={columns} onOrder={onChosen} onWidth={onWidth} />}
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
      <Button size="small" onClick={onReset} className="self-start">
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
