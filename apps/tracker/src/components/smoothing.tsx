import { useId } from "react";

/** How much charts smooth: the weight of what came before, 0 for none. */
export function Smoothing({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const id = useId();
  return (
    <div className="flex h-9 items-center gap-2">
      <label htmlFor={id}>Smoothing</label>
      <input
        id={id}
        type="range"
        min={0}
        max={0.99}
        step={0.01}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
        className="w-28 accent-accent"
      />
      <output htmlFor={id} className="w-9 tabular-nums">
        {value.toFixed(2)}
      </output>
    </div>
  );
}
