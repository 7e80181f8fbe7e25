import { innerScope, type Guard } from "./jinja/evaluate.ts";
import { globals } from "./jinja/globals.ts";
import type { Statement } from "./jinja/nodes.ts";
import { parse } from "./jinja/parse-statement.ts";
import { run } from "./jinja/run.ts";
import { fail, TemplateError, valueOf } from "./jinja/values.ts";

/** A template is untrusted code. */
const TIME_LIMIT_MS = 1000;
const TEXT_LIMIT = 16_000_000;
const LIST_LIMIT = 1_000_000;

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
 * What a template writes for its variables (JSON), as Jinja does for transformers. Time is looked at before every value,
 * and no value may be so long that one more step could take much of it.
 * @param now the time that strftime_now tells
 * @throws TemplateError in the template's own words, or when it runs for too long
 */
export function runTemplate(template: Template, variables: Readonly<Record<string, unknown>>, now: () => Date): string {
  const endsAt = performance.now() + TIME_LIMIT_MS;
  const guard: Guard = (value) => {
    if (performance.now() > endsAt) fail(`it takes longer than ${TIME_LIMIT_MS} ms`);
    if (typeof value === "string" && value.length > TEXT_LIMIT)
      fail(`it makes a text of ${value.length} characters; the limit is ${TEXT_LIMIT}`);
    if (Array.isArray(value) && value.length > LIST_LIMIT)
      fail(`it makes a list of ${value.length} elements; the limit is ${LIST_LIMIT}`);
  };
  const outer = innerScope(null);
  for (const [name, value] of globals(now)) outer.names.set(name, value);
  const scope = innerScope(outer);
  for (const [name, value] of Object.entries(variables)) scope.names.set(name, valueOf(value));
  const parts: string[] = [];
  let length = 0;
  try {
    run(template, scope, guard, (text) => {
      length += text.length;
      if (length > TEXT_LIMIT) fail(`it makes a text of ${length} characters; the limit is ${TEXT_LIMIT}`);
      parts.push(text);
    });
  } catch (cause) {
    throw cause instanceof RangeError ? new TemplateError("it calls itself too deeply") : cause;
  }
  return parts.join("");
}
