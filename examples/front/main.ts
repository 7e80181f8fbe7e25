/** The mean rewards of each preference in scores.jsonl, which of them are on the front, and the front's hypervolume. */
import { join } from "node:path";
import { hypervolume, meanInnerProduct, nonDominated, readScores } from "@uniarm/eval";

const objectives = ["helpful", "harmless"];
const scores = await readScores(process.argv[2] ?? join(import.meta.dirname, "scores.jsonl"));

const byPreference = Map.groupBy(scores, ({ preference }) => JSON.stringify(preference));
const preferences = [...byPreference.keys()].map((text) => JSON.parse(text) as number[]);
const means = [...byPreference.values()].map((rows) =>
  objectives.map((name) => rows.reduce((sum, { rewards }) => sum + rewards[name]!, 0) / rows.length),
);

const kept = nonDominated(means); // larger is better on every objective
for (const [index, preference] of preferences.entries())
  console.log(
    `preference ${preference.join(", ").padEnd(10)} mean ${means[index]!.map((mean) => mean.toFixed(3)).join(", ")}`,
    kept[index] ? "" : "dominated",
  );

const reference = [-0.1, -0.1]; // what lies below it in an objective adds nothing
console.log(`hypervolume ${hypervolume(means, reference).toFixed(3)} above (${reference.join(", ")})`);
console.log(`mean inner product ${meanInnerProduct(preferences, means).toFixed(3)}`);
