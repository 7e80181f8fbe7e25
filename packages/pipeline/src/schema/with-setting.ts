/** The steps of a setting's path: "methods[0].training.steps" -> methods, 0, training, steps. Null: it is no path. */
export function settingSteps(path: string): string[] | null {
  const steps = path.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  return steps.every((step) => /^[A-Za-z_][\w-]*$|^\d+$/.test(step) && step !== "__proto__") ? steps : null;
}

/** A copy of a config in which the setting is `value`. Objects on the way are made; entries of lists have to be there. */
export function withSetting(config: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(config)) {
    const list: unknown[] = [...(config as unknown[])];
    if (Number(step) < list.length) list[Number(step)] = withSetting(list[Number(step)], rest, value);
    else list.push(withSetting(undefined, rest, value)); // the config's own check says what is wrong with it
    return list;
  }
  const record = typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  return { ...record, [step]: withSetting(Object.hasOwn(record, step) ? record[step] : undefined, rest, value) };
}
