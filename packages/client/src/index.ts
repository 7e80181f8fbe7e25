export { openClient, type Api, type Client, type ClientOptions } from "./open-client.ts";
export type { Inputs, LiveNews, Outputs, Run, RunChange } from "./types.ts";
export { ask } from "./ask.ts";
export { isPassing, persistently } from "./persistently.ts";
export { codeOf, hasNoAnswer, statusOf } from "./server-error.ts";
export { followRun, hasEnded, untilEnded, type FollowOptions } from "./follow-run.ts";
export { generate } from "./generate.ts";
export { putBlob, type BlobUpload } from "./put-blob.ts";
