import { JOBS } from "@uniarm/pipeline/schema";
import { Plus, Trash2 } from "lucide-react";
import { Button } from "../../components/button.tsx";
import { Input as TextInput } from "../../components/input.tsx";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import type { LaunchKind } from "@uniarm/pipeline/schema";
import type { Input } from "./use-start.ts";

export interface InputsPanelProps {
  kind: LaunchKind;
  inputs: Input[];
  onChange: (inputs: Input[]) => void;
  className?: string;
}

/** What the run reads of other runs, where its config says input:NAME. */
export function InputsPanel({ kind, inputs, onChange, className }: InputsPanelProps) {
  const names: readonly string[] = kind === "study" || kind === "sweep" ? [] : JOBS[kind].inputs;
  const [first] = names;
  if (first === undefined) return null;
  const set = (index: number, changes: Partial<Input>): void =>
    onChange(inputs.map((one, place) => (place === index ? { ...one, ...changes } : one)));
  return (
    <Panel title="Inputs of other runs" {...(className === undefined ? {} : { className })}>
      <p className="mb-3 text-muted">
        Where the config says <code className="font-mono">input:NAME</code>, the run reads what another puts out.
      </p>
      <ul className="flex flex-col gap-3">
        {inputs.map((input, index) => (
          <li key={index} className="flex flex-wrap items-center gap-2">
            <Select
              label={`Input ${index + 1}`}
              value={input.input}
              onChange={(next) => set(index, { input: next })}
              options={names.map((name) => ({ value: name, label: name }))}
            />
            <TextInput
              aria-label={`Id of the run for input ${index + 1}`}
              placeholder="id of a run"
              value={input.run}
              onChange={({ target }) => set(index, { run: target.value.trim() })}
              className="w-40 grow font-mono"
            />
            <TextInput
              aria-label={`Output for input ${index + 1}`}
              placeholder="its output"
              value={input.output}
              onChange={({ target }) => set(index, { output: target.value.trim() })}
              className="w-28"
            />
            <Button
              look="ghost"
              size="icon"
              aria-label={`Remove input ${index + 1}`}
              onClick={() => onChange(inputs.filter((_, place) => place !== index))}
            >
              <Trash2 aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
      <Button
        size="small"
        className="mt-3"
        onClick={() => onChange([...inputs, { input: first, run: "", output: outputFor(first) }])}
      >
        <Plus aria-hidden />
        Add an input
      </Button>
    </Panel>
  );
}

/** The output that usually fills it. */
const outputFor = (input: string): string =>
  ({ validationPairs: "pairs", margins: "checkpoint", reports: "report" })[input] ?? input;
