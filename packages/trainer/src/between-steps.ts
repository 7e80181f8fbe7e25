import { setImmediate } from "node:timers/promises";

/** Lets signals and other work in: tensor code by itself would hold the event loop until the run ends. */
export const betweenSteps = (): Promise<void> => setImmediate();
