import { LIMITS } from "@uniarm/core/schema";
import { ListChecks } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";

const MOST_SHOWN = 100;

export interface MetricPickerProps {
  all: readonly string[];
  chosen: readonly string[];
  onChosen: (keys: readonly string[]) => void;
  /** how many there are, where more than `all` */
  total?: number | undefined;
}

/** Those that one answer of the server has room for. */
export const drawnOf = (keys: readonly string[]): readonly string[] => keys.slice(0, LIMITS.metrics);

/** Which metrics are drawn; with thousands of them one types a part of the name. */
export function MetricPicker({ all, chosen, onChosen, total = all.length }: MetricPickerProps) {
  const [needle, setNeedle] = useState("");
  const id = useId();
  const found = all.filter((key) => key.toLowerCase().includes(needle.trim().toLowerCase()));
  const left = chosen.length - drawnOf(chosen).length;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      <Popover
        label="Metrics"
        trigger={
          <Button>
            <ListChecks aria-hidden />
            Metrics: {chosen.length} of {total}
          </Button>
        }
      >
        <div className="flex flex-col gap-2">
          <Input
            aria-label="Find a metric"
            placeholder="Find: loss"
            value={needle}
            onChange={(event) => setNeedle(event.target.value)}
          />
          {found.slice(0, MOST_SHOWN).map((key, index) => (
            <div key={key} className="flex items-center gap-2">
              <Checkbox
                id={`${id}-${index}`}
                checked={chosen.includes(key)}
                onChange={(on) => onChosen(on ? [...chosen, key] : chosen.filter((one) => one !== key))}
              />
              <label htmlFor={`${id}-${index}`} className="min-w-0 font-mono text-xs break-all">
                {key}
              </label>
            </div>
          ))}
          {found.length > MOST_SHOWN && (
            <p className="text-xs text-muted">{found.length - MOST_SHOWN} more: write some of its name.</p>
          )}
          {found.length === 0 && <p className="text-muted">No metric of that name.</p>}
          {total > all.length && (
            <p className="text-xs text-muted">
              The first {all.length} of {total} by their names are offered.
            </p>
          )}
        </div>
      </Popover>
      {left > 0 && (
        <span role="status" className="text-warn">
          {LIMITS.metrics} are shown at once: the last {left} that were chosen are not.
        </span>
      )}
    </span>
  );
}
