import { dayOf, now, templateWritesDate } from "@uniarm/core";
import type { TemplateVars, TrainingConfig } from "@uniarm/core/schema";

/**
 * The template's variables of a run, with the day on which it was started where the template writes the date: the run can
 * then be resumed on another day, and its ARM decodes under the prompts that it was trained on.
 */
export async function datedVars(
  { model, promptFormat, templateVars }: TrainingConfig,
  before: TrainingConfig | undefined,
): Promise<TemplateVars> {
  const usesTemplate = promptFormat === "auto" || promptFormat === "chat-template";
  if (!usesTemplate || Object.hasOwn(templateVars, "strftime_now")) return templateVars;
  const known = before?.templateVars.strftime_now;
  if (known !== undefined) return { ...templateVars, strftime_now: known };
  return (await templateWritesDate(model)) ? { ...templateVars, strftime_now: dayOf(now()) } : templateVars;
}
