import { UnfoldVertical } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../components/button.tsx";
import { Input } from "../components/input.tsx";
import { Popover } from "../components/popover.tsx";
import { readLimits, type Limits } from "./y-limits.ts";

export interface YLimitsButtonProps {
  /** of the chart */
  name: string;
  limits: Limits | undefined;
  onLimits: (limits: Limits | null) => void;
}

/** Sets from where to where a chart's y goes. */
export function YLimitsButton({ name, limits, onLimits }: YLimitsButtonProps) {
  return (
    <Popover
      label={`${name}: limits of y`}
      trigger={
        <Button look="ghost" size="small" aria-pressed={limits !== undefined} aria-label={`${name}: limits of y`}>
          <UnfoldVertical aria-hidden />
        </Button>
      }
    >
      <LimitsForm limits={limits} onLimits={onLimits} />
    </Popover>
  );
}

function LimitsForm({ limits, onLimits }: Omit<YLimitsButtonProps, "name">) {
  const [min, setMin] = useState(String(limits?.min ?? ""));
  const [max, setMax] = useState(String(limits?.max ?? ""));
  const [problem, setProblem] = useState("");
  const problemId = useId();
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const read = readLimits(min, max);
        setProblem("problem" in read ? read.problem : "");
        if ("limits" in read) onLimits(read.limits);
      }}
    >
      <div className="grid grid-cols-2 gap-2">
        {(
          [
            ["y from", min, setMin],
            ["to", max, setMax],
          ] as const
        ).map(([label, value, set]) => (
          <label key={label} className="flex flex-col gap-1">
            <span className="text-xs font-semibold text-muted">{label}</span>
            <Input
              inputMode="decimal"
              placeholder="as values go"
              value={value}
              aria-describedby={problem === "" ? undefined : problemId}
              onChange={(event) => set(event.target.value)}
            />
          </label>
        ))}
      </div>
      <p id={problemId} role="alert" className="text-bad empty:hidden">
        {problem}
      </p>
      <div className="flex gap-2">
        <Button type="submit">Set</Button>
        {limits && (
          <Button
            look="ghost"
            onClick={() => {
              setMin("");
              setMax("");
              setProblem("");
              onLimits(null);
            }}
          >
            As values go
          </Button>
        )}
      </div>
    </form>
  );
}
