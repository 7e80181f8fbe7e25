import { useId } from "react";
import { Select } from "../../components/select.tsx";
import { fusionNamed, type FusionOption } from "./fusions.ts";

export interface FusionChoiceProps {
  options: readonly FusionOption[];
  /** as the link names it */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** How the checkpoint's policies become one; what there is to choose depends on its method. */
export function FusionChoice({ options, value, onChange }: FusionChoiceProps) {
  const id = useId();
  const chosen = fusionNamed(options, value);
  if (!chosen) return null;
  return (
    <div className="flex min-w-56 flex-1 flex-col gap-1">
      <label htmlFor={id} className="text-xs font-semibold text-muted">
        How its policies are fused
      </label>
      <Select
        id={id}
        value={chosen.value}
        onChange={(next) => onChange(next === options[0]!.value ? undefined : next)}
        options={options.map((option) => ({ value: option.value, label: option.label }))}
        className="w-full min-w-0"
      />
    </div>
  );
}
