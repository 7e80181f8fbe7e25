/** The door for other benches: the load's database, and how figures are put into documents. */
export { markdownTable, putBetweenMarks } from "./markdown.ts";
export { summaryOf } from "./results.ts";
export { PROJECT } from "./platform/generate.ts";
export { LONG_KEY } from "./platform/size.ts";
export { quantile } from "./platform/timing.ts";
