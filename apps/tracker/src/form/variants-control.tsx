import { Select } from "../components/select.tsx";
import { isLarge, type Variant } from "./control.ts";
import { useSetting } from "./form-state.ts";
import type { ValueControl, ValueControlProps } from "./value-control.ts";

const ABSENT = "(default)";

/** First which form the value has, then its settings. */
export function VariantsControl({
  schema,
  path,
  label,
  required,
  variants,
  ValueControl,
}: ValueControlProps & { variants: readonly Variant[]; ValueControl: ValueControl }) {
  const { value, set, id, helpId } = useSetting(path);
  const given = value ?? undefined;
  const found = given === undefined ? undefined : variants.find(({ fits }) => fits(given));
  const byDefault = schema.default === undefined ? undefined : variants.find(({ fits }) => fits(schema.default));
  const absent = {
    value: ABSENT,
    label: required ? "Choose…" : byDefault ? `${byDefault.name} (default)` : "Not set: its default",
  };
  const shown = found ?? byDefault;
  const isLargeForm = variants.some((variant) => isLarge(variant.schema));
  return (
    <div className={isLargeForm ? "flex flex-col gap-3" : "grid grid-cols-[auto_minmax(0,1fr)] gap-2"}>
      <Select
        id={found ? undefined : id}
        label={`${label}: form`}
        value={found ? found.name : ABSENT}
        onChange={(name) => set(variants.find((variant) => variant.name === name)?.start)}
        options={[absent, ...variants.map(({ name }) => ({ value: name, label: name }))]}
        describedBy={helpId}
        className={isLargeForm ? "w-fit min-w-44" : ""}
      />
      {isLargeForm && found && !isLarge(found.schema) && (
        <label htmlFor={id} className="sr-only">
          {label}
        </label>
      )}
      {(found ?? (shown && isLarge(shown.schema))) && shown && (
        <ValueControl schema={shown.schema} path={path} label={label} required />
      )}
    </div>
  );
}
