import { Slider as Radix } from "radix-ui";
import { classes } from "./classes.ts";

export interface SliderProps {
  value: number;
  onChange: (value: number) => void;
  min?: number;
  max?: number;
  step?: number;
  label: string;
  /** the value in words, for those who do not see the page */
  valueText?: string;
  className?: string;
}

/** One number by dragging or by arrow keys; Page Up and Down take ten steps. */
export function Slider({ value, onChange, min = 0, max = 1, step = 0.01, label, valueText, className }: SliderProps) {
  return (
    <Radix.Root
      value={[value]}
      min={min}
      max={max}
      step={step}
      onValueChange={([next]) => {
        if (next !== undefined) onChange(next);
      }}
      className={classes("relative flex h-6 w-full touch-none items-center select-none", className)}
    >
      <Radix.Track className="relative h-1.5 w-full grow rounded-full bg-line-strong/50">
        <Radix.Range className="absolute h-full rounded-full bg-accent" />
      </Radix.Track>
      <Radix.Thumb
        aria-label={label}
        {...(valueText === undefined ? {} : { "aria-valuetext": valueText })}
        className="block size-5 rounded-full border-2 border-accent bg-surface shadow"
      />
    </Radix.Root>
  );
}
