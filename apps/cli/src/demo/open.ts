import type { Demo } from "./demo.ts";
import { realDemo } from "./real/demo.ts";
import type { AnyDemoConfig } from "./settings.ts";
import { tinyDemo } from "./tiny/demo.ts";

/** The demo that settings are of. */
export const demoOf = (config: AnyDemoConfig): Demo =>
  config.base === "smollm2" ? realDemo(config, "smollm2-135m") : tinyDemo(config);
