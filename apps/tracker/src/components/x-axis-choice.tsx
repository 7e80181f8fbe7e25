import { X_LABELS, type XAxis } from "../charts/x-axis.ts";
import { Select } from "./select.tsx";

export interface XAxisChoiceProps {
  value: XAxis;
  axes: readonly XAxis[];
  onChange: (x: XAxis) => void;
}

/** What charts have on their x axis. */
export function XAxisChoice({ value, axes, onChange }: XAxisChoiceProps) {
  return (
    <div className="flex items-center gap-2">
      <span aria-hidden>x</span>
      <Select
        label="x axis"
        value={value}
        onChange={onChange}
        options={axes.map((axis) => ({ value: axis, label: X_LABELS[axis] }))}
      />
    </div>
  );
}
