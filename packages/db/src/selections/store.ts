import { UniArmError } from "@uniarm/core/schema";
import { poolOf, type Database } from "../database.ts";

/** Keeps a list under an id that whoever asks has chosen. The same again changes nothing. @throws UniArmError selection-taken */
export async function storeSelection(db: Database, id: string, items: readonly string[]): Promise<void> {
  const { rows } = await poolOf(db).query<{ same: boolean }>(
    `INSERT INTO "Selection" AS s (id, items) VALUES ($1, $2)
     ON CONFLICT (id) DO UPDATE SET id = s.id RETURNING s.items = $2::text[] AS same`,
    [id, items],
  );
  if (!rows[0]!.same)
    throw new UniArmError("selection-taken", `There is another list called ${id}, and links to it. Choose another id.`);
}
