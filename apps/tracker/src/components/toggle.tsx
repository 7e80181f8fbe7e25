import { useId } from "react";
import { Checkbox } from "./checkbox.tsx";

export interface ToggleProps {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}

/** A checkbox with its words. */
export function Toggle({ label, checked, onChange }: ToggleProps) {
  const id = useId();
  return (
    <span className="inline-flex h-9 items-center gap-2">
      <Checkbox id={id} checked={checked} onChange={onChange} />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}
