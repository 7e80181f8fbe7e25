import { useMemo } from "react";
import { fieldsOf } from "./control.ts";
import { FieldGrid } from "./field.tsx";
import { FormContext } from "./form-state.ts";
import type { JsonSchema } from "./json-schema.ts";
import { withValue } from "./path.ts";

export interface SchemaFormProps {
  schema: JsonSchema;
  config: unknown;
  onChange: (config: unknown) => void;
  problems: ReadonlyMap<string, string>;
  id: string;
}

/** A form for whatever a JSON schema describes. Only what differs from its default needs to be in the config. */
export function SchemaForm({ schema, config, onChange, problems, id }: SchemaFormProps) {
  const state = useMemo(
    () => ({
      config,
      problems,
      id,
      set: (path: readonly (string | number)[], value: unknown) => onChange(withValue(config, path, value)),
    }),
    [config, problems, id, onChange],
  );
  return (
    <FormContext value={state}>
      <FieldGrid fields={fieldsOf(schema)} path={[]} />
    </FormContext>
  );
}
