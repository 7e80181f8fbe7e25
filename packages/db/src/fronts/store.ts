import type { EvaluationReport } from "@uniarm/core/schema";
import type { Client } from "../database.ts";
import { newId } from "../id.ts";

/** Stores an evaluation and its front, which never changes afterwards. One of the same name from an earlier attempt is replaced. */
export async function storeFront(
  client: Client,
  runId: string,
  { name, method, report }: { name: string; method?: string | undefined; report: EvaluationReport },
): Promise<{ id: string; name: string }> {
  await client.query(
    `DELETE FROM "Evaluation" WHERE id IN (SELECT "evaluationId" FROM "ParetoFront" WHERE "runId" = $1 AND name = $2)`,
    [runId, name],
  );
  const [evaluationId, id] = [newId(), newId()];
  const { config, front, protocolHash } = report;
  await client.query(`INSERT INTO "Evaluation" (id, "runId", "protocolHash", report) VALUES ($1, $2, $3, $4)`, [
    evaluationId,
    runId,
    protocolHash,
    JSON.stringify(report),
  ]);
  const { hypervolume, meanInnerProduct } = front;
  await client.query(
    `INSERT INTO "ParetoFront" (id, "runId", "evaluationId", name, method, "protocolHash", objectives, normaliser, "referencePoint",
       hypervolume, "hypervolumeLow", "hypervolumeHigh", "meanInnerProduct", "meanInnerProductLow", "meanInnerProductHigh")
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      id,
      runId,
      evaluationId,
      name,
      method ?? null,
      protocolHash,
      config.objectives.map((objective) => objective.name),
      JSON.stringify(config.normaliser),
      config.referencePoint,
      hypervolume.value,
      hypervolume.interval?.low ?? null,
      hypervolume.interval?.high ?? null,
      meanInnerProduct.value,
      meanInnerProduct.interval?.low ?? null,
      meanInnerProduct.interval?.high ?? null,
    ],
  );
  for (const [position, { preference, promptCount, mean, normalised, dominated }] of front.points.entries()) {
    const bounds = (end: "low" | "high"): number[] => mean.flatMap(({ interval }) => (interval ? [interval[end]] : []));
    await client.query(
      `INSERT INTO "ParetoPoint" ("frontId", position, preference, "promptCount", mean, low, high, normalised, dominated)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        id,
        position,
        preference,
        promptCount,
        mean.map(({ value }) => value),
        bounds("low"),
        bounds("high"),
        normalised,
        dominated,
      ],
    );
  }
  await client.query(`UPDATE "Run" SET "protocolHash" = $2 WHERE id = $1`, [runId, protocolHash]);
  return { id, name };
}
