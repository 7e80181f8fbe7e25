/** Reads a preference dataset, whatever its layout and packing, and counts which response each objective prefers. */
import { join } from "node:path";
import { dataStats, readPairs } from "@uniarm/data";

const path = process.argv[2] ?? join(import.meta.dirname, "pairs.jsonl"); // here in the layout of PKU-SafeRLHF

const counts = new Map<string, { first: number; second: number; tie: number }>();
for await (const { winners } of readPairs(path))
  for (const [objective, winner] of Object.entries(winners)) {
    const count = counts.get(objective) ?? { first: 0, second: 0, tie: 0 };
    counts.set(objective, count);
    count[winner === "tie" ? "tie" : winner === 0 ? "first" : "second"] += 1;
  }
for (const [objective, { first, second, tie }] of counts)
  console.log(`${objective}: response 0 wins ${first}, response 1 wins ${second}, ties ${tie}`);

// Only pairs whose objectives disagree can teach a trade-off.
const { pairs, conflictRate } = await dataStats(readPairs(path));
console.log(`${pairs} pairs, conflict rate ${conflictRate.toFixed(2)}`);
