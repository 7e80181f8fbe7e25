export { readPairs, type ReadOptions } from "./read-pairs.ts";
export { dataFiles, type DataFile } from "./files/data-files.ts";
export { readRows } from "./files/rows.ts";
export type { Row } from "./files/row.ts";
export { FORMAT_NAMES, FORMATS, formatNamed, formatOf } from "./formats/index.ts";
export { ColumnMapping } from "./formats/column-mapping.ts";
export type { Format } from "./formats/format.ts";

export { dataStats, type DataStats, type ObjectiveStats, type PairTokens } from "./stats.ts";
export { parseSplit, partOf, type Split } from "./split.ts";
export { relabel, type RelabelOptions } from "./relabel.ts";
export { pairsFromResponses, type Responses } from "./pairs-from-responses.ts";
export { EVERYDAY_PARTS, everydayPrompts, type EverydayPart } from "./everyday.ts";
