import { PreferencePair } from "@uniarm/core/schema";
import { hasKeys, type Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

/** This project's own format: what training reads and `data convert` writes. */
export const uniarm: Format = {
  name: "uniarm",
  keys: ["prompt", "responses", "winners"],
  recognises: hasKeys("prompt", "responses", "winners"),
  async *pairs(rows) {
    for await (const row of rows) yield parseRow(PreferencePair, row, "uniarm");
  },
};
