export { COUNTED } from "./counted.ts";
export { openCluster, type ClusterApi } from "./api.ts";
export { deleted, meaningOf } from "./meaning.ts";
export { jobManifest, manifestText, type Batch } from "./manifest.ts";
export { idOf, type QueuedTask } from "./queue.ts";
export { readSite, Resources, Site } from "./site.ts";
export { secondsOf } from "./time.ts";
