import { useId, useState } from "react";
import { Checkbox } from "../components/checkbox.tsx";
import { Input } from "../components/input.tsx";
import { Select } from "../components/select.tsx";
import type { Plain } from "./control.ts";
import { useSetting, type Setting } from "./form-state.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Path } from "@uniarm/pipeline/schema";
import { defaultText } from "./words.ts";

export interface ControlProps {
  schema: JsonSchema;
  path: Path;
  required: boolean;
}

const described = ({ helpId, problemId, problem }: Setting): string =>
  problem === undefined ? helpId : `${helpId} ${problemId}`;

const common = (setting: Setting, schema: JsonSchema, required: boolean) => ({
  id: setting.id,
  "aria-describedby": described(setting),
  "aria-invalid": setting.problem !== undefined,
  "aria-required": required,
  placeholder: defaultText(schema) ?? "",
  autoComplete: "off",
  spellCheck: false,
});

export function TextControl({ schema, path, required }: ControlProps) {
  const setting = useSetting(path);
  return (
    <Input
      {...common(setting, schema, required)}
      value={
        typeof setting.value === "string"
          ? setting.value
          : setting.value === undefined
            ? ""
            : JSON.stringify(setting.value)
      }
      onChange={({ target }) => setting.set(target.value === "" && !required ? undefined : target.value)}
    />
  );
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

/** What is no number stays as it was typed: the problem under it says so. */
const numberOf = (text: string): unknown =>
  text.trim() === "" ? undefined : NUMBER.test(text.trim()) ? Number(text) : text;

export function NumberControl({ schema, path, required }: ControlProps) {
  const setting = useSetting(path);
  const [draft, setDraft] = useState<string | null>(null);
  const shown =
    setting.value === undefined
      ? ""
      : typeof setting.value === "string"
        ? setting.value
        : JSON.stringify(setting.value);
  // "0." and "1e" are on the way to a number: shown as typed while they mean what is set
  const text = draft !== null && Object.is(numberOf(draft), setting.value) ? draft : shown;
  return (
    <Input
      {...common(setting, schema, required)}
      inputMode="decimal"
      value={text}
      onChange={({ target }) => {
        setDraft(target.value);
        setting.set(numberOf(target.value));
      }}
      className="tabular-nums"
    />
  );
}

export function FlagControl({ schema, path }: Omit<ControlProps, "required">) {
  const setting = useSetting(path);
  return (
    <Checkbox
      id={setting.id}
      checked={setting.value === undefined ? schema.default === true : setting.value === true}
      onChange={(on) => setting.set(on === (schema.default === true) ? undefined : on)}
      describedBy={described(setting)}
    />
  );
}

/** Stands for "nothing given": a select has no empty value. */
const ABSENT = "(default)";

export function ChoiceControl({ schema, path, required, options }: ControlProps & { options: readonly Plain[] }) {
  const setting = useSetting(path);
  const byDefault = defaultText(schema);
  const absent = required
    ? [{ value: ABSENT, label: "Choose…" }]
    : [{ value: ABSENT, label: byDefault === null ? "Not set" : `${byDefault} (default)` }];
  return (
    <Select
      id={setting.id}
      value={setting.value === undefined ? ABSENT : JSON.stringify(setting.value)}
      onChange={(text) => setting.set(text === ABSENT ? undefined : (JSON.parse(text) as Plain))}
      options={[...absent, ...options.map((option) => ({ value: JSON.stringify(option), label: String(option) }))]}
      describedBy={described(setting)}
      className="w-full"
    />
  );
}

/** Some of a few. */
export function ChoicesControl({
  schema,
  path,
  options,
}: Omit<ControlProps, "required"> & { options: readonly Plain[] }) {
  const setting = useSetting(path);
  const id = useId();
  const chosen = (setting.value ?? schema.default ?? []) as readonly Plain[];
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-2">
      {options.map((option) => (
        <span key={String(option)} className="inline-flex items-center gap-2">
          <Checkbox
            id={`${id}-${String(option)}`}
            checked={chosen.includes(option)}
            onChange={(on) => setting.set(options.filter((one) => (one === option ? on : chosen.includes(one))))}
            describedBy={described(setting)}
          />
          <label htmlFor={`${id}-${String(option)}`} className="font-mono text-xs">
            {String(option)}
          </label>
        </span>
      ))}
    </div>
  );
}

/** Numbers or texts with commas between them. */
export function ValuesControl({ schema, path, required, item }: ControlProps & { item: JsonSchema }) {
  const setting = useSetting(path);
  const [draft, setDraft] = useState<string | null>(null);
  const isText = item.type === "string";
  const read = (text: string): unknown[] => {
    const parts = text.split(",").map((part) => part.trim());
    const given = parts.filter((part, index) => part !== "" || index < parts.length - 1);
    return isText ? given.filter((part) => part !== "") : given.map(numberOf).filter((value) => value !== undefined);
  };
  const list = Array.isArray(setting.value) ? (setting.value as unknown[]) : null;
  const text =
    list === null ? "" : list.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
  const isCurrent = draft !== null && JSON.stringify(read(draft)) === JSON.stringify(list ?? []);
  return (
    <Input
      {...common(setting, schema, required)}
      placeholder={(defaultText(schema) ?? "").replaceAll(/[[\]"]/g, "").replaceAll(",", ", ")}
      value={isCurrent ? draft : text}
      onChange={({ target }) => {
        setDraft(target.value);
        setting.set(target.value.trim() === "" ? undefined : read(target.value));
      }}
    />
  );
}
