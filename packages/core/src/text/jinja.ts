import { innerScope, type Guard } from "./jinja/evaluate.ts";
import { globals } from "./jinja/globals.ts";
import { countSteps, writtenBy } from "./jinja/limits.ts";
import type { Statement } from "./jinja/nodes.ts";
import { parse } from "./jinja/parse-statement.ts";
import { run } from "./jinja/run.ts";
import { TemplateError, valueOf } from "./jinja/values.ts";

/** A parsed template. */
export type Template = readonly Statement[];

/** @throws TemplateError in Jinja's terms when it is not a template */
export function parseTemplate(source: string): Template {
  try {
    return parse(source);
  } catch (cause) {
    throw cause instanceof RangeError ? new TemplateError("it is nested too deeply") : cause;
  }
}

/**
 * What a template writes for its variables (JSON), as Jinja does for transformers. Its work is counted at every value.
 * @param now the time that strftime_now tells
 * @throws TemplateError in the template's own words, or when it takes or makes too much
 */
export function runTemplate(template: Template, variables: Readonly<Record<string, unknown>>, now: () => Date): string {
  const guard: Guard = countSteps();
  const outer = innerScope(null);
  for (const [name, value] of globals(now)) outer.names.set(name, value);
  const scope = innerScope(outer);
  for (const [name, value] of Object.entries(variables)) scope.names.set(name, valueOf(value));
  try {
    return writtenBy((write) => {
      run(template, scope, guard, write);
    });
  } catch (cause) {
    const tooMuch = "it calls itself too deeply, or makes a text that is too long";
    throw cause instanceof RangeError ? new TemplateError(tooMuch) : cause;
  }
}
