import { useEffect, useRef } from "react";

export interface CheckboxProps {
  checked: boolean | "indeterminate";
  onChange: (checked: boolean) => void;
  /** leave out where a <label> names `id` */
  label?: string;
  id?: string;
  describedBy?: string | undefined;
}

/** The browser's own: a table has hundreds of them. */
export function Checkbox({ checked, onChange, label, id, describedBy }: CheckboxProps) {
  const element = useRef<HTMLInputElement>(null);
  useEffect(() => {
    element.current!.indeterminate = checked === "indeterminate";
  }, [checked]);
  return (
    <input
      ref={element}
      type="checkbox"
      id={id}
      aria-label={label}
      aria-describedby={describedBy}
      checked={checked === true}
      onChange={({ target }) => onChange(target.checked)}
      className="size-4.5 shrink-0 cursor-pointer accent-accent"
    />
  );
}
