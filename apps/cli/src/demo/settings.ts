import { UniArmError } from "@uniarm/core/schema";
import { applyOptions, parseConfig, schemaOptions } from "../schema-options.ts";
import { QUICK_REAL_DEMO, RealDemoConfig } from "./real/config.ts";
import { DemoConfig, QUICK_DEMO } from "./tiny/config.ts";

export type AnyDemoConfig = DemoConfig | RealDemoConfig;

const isReal = (base: unknown): boolean => base === RealDemoConfig.shape.base.def.innerType.value;
const flagsOf = (schema: typeof DemoConfig | typeof RealDemoConfig): Set<string> =>
  new Set(schemaOptions(schema).map((option) => option.attributeName()));

/** Settings as a demo of that base has stored them. @throws UniArmError config-invalid */
export const storedSettings = (stored: unknown): AnyDemoConfig =>
  isReal((stored as { base?: unknown } | null)?.base)
    ? parseConfig(RealDemoConfig, stored)
    : parseConfig(DemoConfig, stored);

/** Settings from flags. @throws UniArmError config-invalid, demo-setting-unfit for one of another base's */
export function settingsFrom(flags: { quick?: boolean } & Record<string, unknown>): AnyDemoConfig {
  const real = isReal(flags.base);
  const [mine, others] = real ? [RealDemoConfig, DemoConfig] : [DemoConfig, RealDemoConfig];
  const known = flagsOf(mine);
  const stray = [...flagsOf(others)].find((name) => flags[name] !== undefined && !known.has(name));
  if (stray !== undefined) {
    const flag = schemaOptions(others).find((option) => option.attributeName() === stray)!.long!;
    throw new UniArmError(
      "demo-setting-unfit",
      real
        ? `${flag} is a setting of the demo on tiny-world and changes nothing with --base smollm2: leave out one of the two.`
        : `${flag} is a setting of the demo on a real model: add --base smollm2, or leave it out.`,
    );
  }
  return real
    ? parseConfig(RealDemoConfig, applyOptions(RealDemoConfig, flags.quick ? QUICK_REAL_DEMO : {}, flags))
    : parseConfig(DemoConfig, applyOptions(DemoConfig, flags.quick ? QUICK_DEMO : {}, flags));
}
