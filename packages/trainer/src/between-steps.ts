import { setImmediate } from "node:timers/promises";

/** Lets signals and other work in: tensor code alone would keep the event loop to itself until the run ends. */
export const betweenSteps = (): Promise<void> => setImmediate();
