import { X } from "lucide-react";
import { useId, useState } from "react";
import { LineMark } from "../../charts/series-mark.tsx";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input } from "../../components/input.tsx";
import { RunLink } from "../../components/run-link.tsx";
import type { Compared } from "./compared.ts";

const MANY = 8;

export interface RunLegendProps {
  compared: readonly Compared[];
  /** whose colour and dashes a run's line has; a run that is not drawn has its own */
  marks: ReadonlyMap<string, number>;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: string[]) => void;
  onRemove: (id: string) => void;
}

/** Every run with its line; with search, so that it stays usable with a hundred of them. */
export function RunLegend({ compared, marks, hidden, onHidden, onRemove }: RunLegendProps) {
  const [needle, setNeedle] = useState("");
  const id = useId();
  const found = compared.filter(({ label }) => label.toLowerCase().includes(needle.trim().toLowerCase()));
  const ids = compared.map(({ run }) => run.id);
  return (
    <section
      aria-label="Runs"
      className="flex max-h-80 min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-3 xl:sticky xl:top-18 xl:max-h-[calc(100dvh-6rem)]"
    >
      {compared.length > MANY && (
        <Input
          aria-label="Find a run"
          placeholder="Find a run"
          value={needle}
          onChange={(event) => setNeedle(event.target.value)}
          className="shrink-0"
        />
      )}
      <div className="flex flex-wrap gap-1">
        <Button size="small" onClick={() => onHidden([])}>
          All
        </Button>
        <Button size="small" onClick={() => onHidden(ids)}>
          None
        </Button>
        {needle !== "" && (
          <Button size="small" onClick={() => onHidden(ids.filter((one) => !found.some(({ run }) => run.id === one)))}>
            Only these {found.length}
          </Button>
        )}
      </div>
      <ul className="flex min-h-0 flex-col overflow-y-auto" tabIndex={0} aria-label="Runs and their lines">
        {found.map(({ run, index, label }) => (
          <li key={run.id} className="flex items-center gap-2 py-0.5">
            <Checkbox
              id={`${id}-${index}`}
              label={`Draw ${label}`}
              checked={!hidden.has(run.id)}
              onChange={(on) => onHidden(on ? [...hidden].filter((one) => one !== run.id) : [...hidden, run.id])}
            />
            <LineMark index={marks.get(run.id) ?? index} />
            <RunLink id={run.id} name={label} className="min-w-0 grow truncate" />
            <Button look="ghost" size="small" aria-label={`Leave out ${label}`} onClick={() => onRemove(run.id)}>
              <X aria-hidden />
            </Button>
          </li>
        ))}
        {found.length === 0 && <li className="text-muted">No run of that name.</li>}
      </ul>
    </section>
  );
}
