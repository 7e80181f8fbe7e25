import { UniArmError } from "@uniarm/core/schema";
import { poolOf, type Database } from "../database.ts";

/** The items of a list that was stored. @throws UniArmError selection-missing */
export async function findSelection(db: Database, id: string): Promise<string[]> {
  const { rows } = await poolOf(db).query<{ items: string[] }>(`SELECT items FROM "Selection" WHERE id = $1`, [id]);
  const [found] = rows;
  if (!found)
    throw new UniArmError("selection-missing", `There is no list ${id}: the link is from another server, or mistyped.`);
  return found.items;
}
