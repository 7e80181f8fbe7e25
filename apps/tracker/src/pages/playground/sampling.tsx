import { SlidersHorizontal } from "lucide-react";
import { useId, type ReactNode } from "react";
import type { PlaygroundSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Input } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";
import { Slider } from "../../components/slider.tsx";
import { DEFAULTS } from "./request.ts";

export interface SamplingProps {
  search: PlaygroundSearch;
  /** where the page's address says none */
  strength: number;
  onSearch: (changes: Partial<PlaygroundSearch>) => void;
  /** in place of the strength, which only ARMs have */
  fusion: ReactNode;
}

const STRONGEST = 10;

/** How strongly the ARM steers, or how policies are fused; sampling stands behind a button. */
export function Sampling({ search, strength, onSearch, fusion }: SamplingProps) {
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-2">
      {fusion || <Strength value={search.strength ?? strength} onChange={(next) => onSearch({ strength: next })} />}
      <Popover
        label="Sampling"
        trigger={
          <Button>
            <SlidersHorizontal aria-hidden />
            Sampling
          </Button>
        }
      >
        <div className="flex flex-col gap-3">
          <Field
            label="Temperature"
            help="0 is greedy and ignores the seed"
            value={search.temperature ?? DEFAULTS.temperature}
            min={0}
            max={10}
            step={0.1}
            onChange={(temperature) => onSearch({ temperature })}
          />
          <Field
            label="New tokens at most"
            help="where the answer is cut off"
            value={search.tokens ?? DEFAULTS.tokens}
            min={1}
            max={4096}
            step={1}
            onChange={(tokens) => onSearch({ tokens: Math.round(tokens) })}
          />
          <Field
            label="Seed"
            help="the same seed gives the same answer"
            value={search.seed ?? DEFAULTS.seed}
            min={0}
            max={2 ** 31 - 1}
            step={1}
            onChange={(seed) => onSearch({ seed: Math.round(seed) })}
          />
        </div>
      </Popover>
    </div>
  );
}

/** 1 / beta. */
function Strength({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <div className="min-w-56 flex-1">
      <div className="flex justify-between text-xs">
        <span className="font-semibold text-muted">Strength, 1 / beta; 0 is the base model</span>
        <span className="tabular-nums">{value}</span>
      </div>
      <Slider
        value={Math.min(value, STRONGEST)}
        max={STRONGEST}
        step={0.25}
        onChange={onChange}
        label="Strength of the ARM"
      />
    </div>
  );
}

interface FieldProps {
  label: string;
  help: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange: (value: number) => void;
}

function Field({ label, help, value, onChange, ...range }: FieldProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <Input
        id={id}
        type="number"
        {...range}
        value={value}
        aria-describedby={`${id}-help`}
        onChange={(event) => {
          const next = event.target.valueAsNumber;
          if (next >= range.min && next <= range.max) onChange(next);
        }}
      />
      <p id={`${id}-help`} className="text-xs text-muted">
        {help}
      </p>
    </div>
  );
}
