import type { ReactNode } from "react";
import { classes } from "../components/classes.ts";
import { controlOf, isLarge, type Field } from "./control.ts";
import { ChoiceControl, ChoicesControl, FlagControl, NumberControl, TextControl, ValuesControl } from "./controls.tsx";
import { useSetting } from "./form-state.ts";
import { helpOf } from "./help.ts";
import { JsonControl } from "./json-control.tsx";
import type { JsonSchema } from "./json-schema.ts";
import { ListControl, RecordControl } from "./list-controls.tsx";
import type { Path } from "@uniarm/pipeline/schema";
import type { ValueControlProps } from "./value-control.ts";
import { VariantsControl } from "./variants-control.tsx";
import { defaultText, labelOf, limitsText, unitOf } from "./words.ts";

export function FieldGrid({ fields, path }: { fields: readonly Field[]; path: Path }) {
  return (
    <div className="grid grid-cols-1 gap-x-5 gap-y-4 sm:grid-cols-2">
      {fields
        .filter(({ schema }) => schema.const === undefined) // said by the choice that it belongs to
        .map((field) => (
          <FieldControl key={field.name} field={field} path={[...path, field.name]} />
        ))}
    </div>
  );
}

/** A setting with its label, help and problem. */
export function FieldControl({ field, path }: { field: Field; path: Path }) {
  const { name, schema, required } = field;
  const label = labelOf(name);
  return isLarge(schema) ? (
    <LargeField label={label} schema={schema} path={path} required={required} />
  ) : (
    <SmallField label={label} name={name} schema={schema} path={path} required={required} />
  );
}

function SmallField({ label, name, schema, path, required }: ValueControlProps & { name: string }) {
  const { id, helpId, problemId, problem } = useSetting(path);
  const control = controlOf(schema);
  const unit = control.type === "number" ? unitOf(name) : null;
  const isFlag = control.type === "flag";
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className={classes("flex gap-2", isFlag ? "min-h-9 items-center" : "flex-col gap-1")}>
        {isFlag && <ValueControl schema={schema} path={path} label={label} required={required} />}
        <label htmlFor={id} className="font-medium">
          {label}
          {unit !== null && <span className="font-normal text-muted"> in {unit}</span>}
          {required && <Required />}
        </label>
        {!isFlag && <ValueControl schema={schema} path={path} label={label} required={required} />}
      </div>
      <Help id={helpId} schema={schema} />
      <Problem id={problemId} text={problem} />
    </div>
  );
}

function LargeField({ label, schema, path, required }: ValueControlProps) {
  const { helpId, problemId, problem, value, set, id } = useSetting(path);
  const control = controlOf(schema);
  const isGroup = control.type === "group";
  const isAbsent = isGroup && value === undefined && !required && schema.default === undefined;
  return (
    <fieldset
      id={isGroup ? id : undefined}
      aria-describedby={helpId}
      className="col-span-full flex min-w-0 flex-col gap-3 rounded-md border border-line p-3"
    >
      <legend className="px-1 font-semibold">
        {label}
        {required && <Required />}
      </legend>
      <div className="-mt-2 flex flex-col gap-1">
        <Help id={helpId} schema={schema} />
        <Problem id={problemId} text={problem} />
      </div>
      {isAbsent ? (
        <button type="button" className="w-fit text-accent hover:underline" onClick={() => set({})}>
          Set {label.toLowerCase()}
        </button>
      ) : (
        <ValueControl schema={schema} path={path} label={label} required={required} />
      )}
    </fieldset>
  );
}

/** The control alone. */
function ValueControl({ schema, path, label, required }: ValueControlProps): ReactNode {
  const control = controlOf(schema);
  switch (control.type) {
    case "choice":
      return <ChoiceControl schema={schema} path={path} required={required} options={control.options} />;
    case "flag":
      return <FlagControl schema={schema} path={path} />;
    case "number":
      return <NumberControl schema={schema} path={path} required={required} />;
    case "text":
      return <TextControl schema={schema} path={path} required={required} />;
    case "values":
      return <ValuesControl schema={schema} path={path} required={required} item={control.item} />;
    case "choices":
      return <ChoicesControl schema={schema} path={path} options={control.options} />;
    case "group":
      return <FieldGrid fields={control.fields} path={path} />;
    case "list":
      return <ListControl item={control.item} path={path} label={label} ValueControl={ValueControl} />;
    case "record":
      return <RecordControl item={control.item} path={path} label={label} ValueControl={ValueControl} />;
    case "variants":
      return (
        <VariantsControl
          schema={schema}
          path={path}
          label={label}
          required={required}
          variants={control.variants}
          ValueControl={ValueControl}
        />
      );
    case "json":
      return <JsonControl path={path} label={label} />;
    case "fixed":
      return <code className="font-mono">{String(control.value)}</code>;
  }
}

/** What it means, its limits and its default. */
function Help({ id, schema }: { id: string; schema: JsonSchema }) {
  const extra = [limitsText(schema), defaultText(schema) === null ? null : `default ${defaultText(schema)}`].filter(
    (part) => part !== null,
  );
  return (
    <p id={id} className="text-xs break-words text-muted">
      {helpOf(schema)}
      {extra.length > 0 && <span className="tabular-nums"> ({extra.join("; ")})</span>}
    </p>
  );
}

const Required = () => (
  <>
    <span aria-hidden className="text-bad">
      {" "}
      *
    </span>
    <span className="sr-only"> (required)</span>
  </>
);

function Problem({ id, text }: { id: string; text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p id={id} className="text-xs font-medium break-words text-bad">
      {text}
    </p>
  );
}
