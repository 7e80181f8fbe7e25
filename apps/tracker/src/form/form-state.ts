import { createContext, useContext } from "react";
import { pathText, type Path } from "@uniarm/pipeline/schema";
import { valueAt } from "./path.ts";

/** What every control of a form knows. */
export interface FormState {
  config: unknown;
  /** undefined removes the setting: its default counts */
  set: (path: Path, value: unknown) => void;
  /** sentences by path: "methods[0].name" */
  problems: ReadonlyMap<string, string>;
  /** begins the ids of this form's controls */
  id: string;
}

export const FormContext = createContext<FormState | null>(null);

export interface Setting {
  value: unknown;
  set: (value: unknown) => void;
  problem: string | undefined;
  /** of its control, its help and its problem */
  id: string;
  helpId: string;
  problemId: string;
}

export function useSetting(path: Path): Setting {
  const form = useContext(FormContext);
  if (!form) throw new Error("A control stands in a SchemaForm.");
  const text = pathText(path);
  const id = `${form.id}-${text}`;
  return {
    id,
    helpId: `${id}-help`,
    problemId: `${id}-problem`,
    value: valueAt(form.config, path),
    set: (value) => form.set(path, value),
    problem: form.problems.get(text),
  };
}
