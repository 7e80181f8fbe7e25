import { Plus, Trash2 } from "lucide-react";
import { useId, useMemo } from "react";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import type { JsonSchema } from "../../form/json-schema.ts";
import { settingPaths } from "../../form/setting-paths.ts";
import { countText } from "../../text/number.ts";
import { EMPTY_SWEEP, runsOf, type SweepDraft } from "./sweep-draft.ts";

export interface SweepPanelProps {
  sweep: SweepDraft | null;
  onChange: (sweep: SweepDraft | null) => void;
  /** of the config: its settings are offered */
  schema: JsonSchema;
  className?: string;
}

const TYPES = [
  { value: "grid", label: "every combination" },
  { value: "random", label: "drawn at random" },
  { value: "list", label: "as they are listed" },
] as const;

/** Several runs in place of one, which differ in some settings. */
export function SweepPanel({ sweep, onChange, schema, className }: SweepPanelProps) {
  const id = useId();
  return (
    <Panel title="Sweep" {...(className === undefined ? {} : { className })}>
      <div className="flex items-center gap-2">
        <Checkbox id={id} checked={sweep !== null} onChange={(on) => onChange(on ? EMPTY_SWEEP : null)} />
        <label htmlFor={id}>Several runs, which differ in some settings</label>
      </div>
      {sweep && <SweepFields sweep={sweep} onChange={onChange} schema={schema} />}
    </Panel>
  );
}

function SweepFields({ sweep, onChange, schema }: SweepPanelProps & { sweep: SweepDraft }) {
  const id = useId();
  const paths = useMemo(() => settingPaths(schema), [schema]);
  const set = (changes: Partial<SweepDraft>): void => onChange({ ...sweep, ...changes });
  const { fields, type } = sweep;
  const setField = (index: number, changes: Partial<(typeof fields)[number]>): void =>
    set({ fields: fields.map((one, place) => (place === index ? { ...one, ...changes } : one)) });
  const number = (name: "runs" | "seed" | "parallel", label: string) => (
    <span className="inline-flex items-center gap-2">
      <label htmlFor={`${id}-${name}`} className="whitespace-nowrap">
        {label}
      </label>
      <Input
        id={`${id}-${name}`}
        inputMode="numeric"
        value={sweep[name]}
        onChange={({ target }) => set({ [name]: target.value })}
        className="shrink-0 basis-20"
      />
    </span>
  );
  const count = runsOf(sweep);
  return (
    <div className="mt-3 flex flex-col gap-3">
      <Select label="Which runs" value={type} onChange={(next) => set({ type: next })} options={TYPES} />
      {type === "list" ? (
        <div className="flex flex-col gap-1">
          <label htmlFor={`${id}-lines`}>Settings of each run, a JSON object a line</label>
          <TextArea
            id={`${id}-lines`}
            rows={4}
            spellCheck={false}
            value={sweep.lines}
            onChange={({ target }) => set({ lines: target.value })}
            className="font-mono text-xs"
          />
        </div>
      ) : (
        <>
          <datalist id={`${id}-paths`}>
            {paths.map((path) => (
              <option key={path} value={path} />
            ))}
          </datalist>
          <ul className="flex flex-col gap-2">
            {fields.map(({ path, values }, index) => (
              <li key={index} className="flex flex-wrap items-center gap-2">
                <Input
                  aria-label={`Setting ${index + 1} that varies`}
                  list={`${id}-paths`}
                  placeholder="optimizer.learningRate"
                  spellCheck={false}
                  value={path}
                  onChange={({ target }) => setField(index, { path: target.value })}
                  className="grow basis-40 font-mono text-xs"
                />
                <Input
                  aria-label={`Values of setting ${index + 1}`}
                  placeholder={type === "grid" ? "0.001, 0.01" : "1e-4..1e-2:log"}
                  spellCheck={false}
                  value={values}
                  onChange={({ target }) => setField(index, { values: target.value })}
                  className="grow basis-28 font-mono text-xs"
                />
                <Button
                  look="ghost"
                  size="icon"
                  aria-label={`Remove setting ${index + 1} that varies`}
                  onClick={() => set({ fields: fields.filter((_, place) => place !== index) })}
                >
                  <Trash2 aria-hidden />
                </Button>
              </li>
            ))}
          </ul>
          <Button
            size="small"
            className="self-start"
            onClick={() => set({ fields: [...fields, { path: "", values: "" }] })}
          >
            <Plus aria-hidden />
            Vary another setting
          </Button>
        </>
      )}
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        {type === "random" && number("runs", "Runs")}
        {type === "random" && number("seed", "Seed of the draws")}
        {number("parallel", "At once")}
      </div>
      <p role="status" className={typeof count === "number" ? "font-medium" : "text-muted"}>
        {typeof count === "number" ? `${countText(count, "run")}, at most ${sweep.parallel} at once` : count}
      </p>
    </div>
  );
}
