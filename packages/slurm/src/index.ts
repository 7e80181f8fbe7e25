export { askToEnd, cancel, queue, submit } from "./commands.ts";
export { meaningOf, outOfMemory } from "./meaning.ts";
export { readQueue, type QueuedJob } from "./queue.ts";
export { batchScript, outputOf, type Batch } from "./script.ts";
export { readSite } from "./read-site.ts";
export { Site, type Resources } from "./site.ts";
