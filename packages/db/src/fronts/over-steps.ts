import { poolOf, type Database } from "../database.ts";
import { getFront } from "./read.ts";

/** A front of a checkpoint of the same training run, measured under the same protocol. */
export interface FrontAtStep {
  id: string;
  name: string;
  checkpointId: string;
  step: number;
  hypervolume: number;
  hypervolumeLow: number | null;
  hypervolumeHigh: number | null;
  meanInnerProduct: number;
  meanInnerProductLow: number | null;
  meanInnerProductHigh: number | null;
}

export interface FrontOverSteps {
  /** the run that trained; null where the front has none: the base model, a recorded demo */
  trainedBy: { id: string; name: string } | null;
  fronts: FrontAtStep[];
}

const MOST = 500;

/** Run -> what it read, two steps back: evaluate <- score <- decode, then the checkpoint that decoded. */
const CHECKPOINT_OF_FRONT = `
  SELECT DISTINCT ON (f.id) f.*, c.id AS "checkpointId", c.step, c."runId" AS "trainId"
  FROM "ParetoFront" f
  JOIN "RunInput" s ON s."runId" = f."runId" AND s.input = 'scores'
  JOIN "RunInput" g ON g."runId" = s."producerId" AND g.input = 'generations'
  JOIN "Run" d ON d.id = g."producerId" AND d.kind = 'decode'
  LEFT JOIN "RunInput" i ON i."runId" = d.id AND i.input = 'checkpoint'
  LEFT JOIN "Run" t ON t.id = i."producerId"
  JOIN "Checkpoint" c ON (d.config #>> '{decoding,checkpoint}' = 'checkpoint:' || c.id)
    OR (i.input IS NOT NULL AND c."runId" = coalesce(t."cachedFromId", t.id))
  WHERE f."protocolHash" = $1
  ORDER BY f.id, (d.config #>> '{decoding,checkpoint}' = 'checkpoint:' || c.id) DESC, c.best DESC, c."createdAt" DESC, c.step DESC`;

/** Fronts of all measured checkpoints of the run that trained this one, by their steps. @throws UniArmError front-missing */
export async function frontOverSteps(db: Database, id: string): Promise<FrontOverSteps> {
  const { protocolHash } = await getFront(db, id);
  const { rows } = await poolOf(db).query<FrontAtStep & { trainId: string; trainName: string }>(
    `WITH known AS (${CHECKPOINT_OF_FRONT})
     SELECT k.id, k.name, k."checkpointId", k.step, k.hypervolume, k."hypervolumeLow", k."hypervolumeHigh", k."meanInnerProduct",
       k."meanInnerProductLow", k."meanInnerProductHigh", k."trainId", r.name AS "trainName"
     FROM known k JOIN "Run" r ON r.id = k."trainId" JOIN "Run" e ON e.id = k."runId" AND e."deletedAt" IS NULL
     WHERE k."trainId" = (SELECT "trainId" FROM known WHERE id = $2) ORDER BY k.step, k."createdAt" LIMIT ${MOST}`,
    [protocolHash, id],
  );
  const [first] = rows;
  return {
    trainedBy: first ? { id: first.trainId, name: first.trainName } : null,
    fronts: rows.map(({ trainId: _, trainName: __, ...front }) => ({ ...front, step: Number(front.step) })),
  };
}
