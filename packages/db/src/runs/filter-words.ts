import { poolOf, type Database } from "../database.ts";
import { FIELDS, OPERATORS, type Field, type Operator } from "./fields.ts";

/** What can be written in a filter of a project's runs, besides settings and metrics. */
export interface FilterWords {
  fields: { name: string; type: Field["type"]; values: readonly string[] | null }[];
  /** what a field of a type is compared by */
  operators: Record<Field["type"], readonly Operator[]>;
  /** the most used first */
  tags: string[];
  groups: string[];
  people: string[];
}

const MOST = 500;

export async function filterWords(db: Database, projectId: string): Promise<FilterWords> {
  const texts = async (sql: string): Promise<string[]> =>
    (await poolOf(db).query<{ text: string }>(sql, [projectId])).rows.map(({ text }) => text);
  const live = `"projectId" = $1 AND "deletedAt" IS NULL`;
  const [tags, groups, people] = await Promise.all([
    texts(
      `SELECT text FROM "Run", unnest(tags) AS text WHERE ${live} GROUP BY text ORDER BY count(*) DESC, text LIMIT ${MOST}`,
    ),
    texts(`SELECT name AS text FROM "Group" WHERE "projectId" = $1 ORDER BY "createdAt" DESC LIMIT ${MOST}`),
    texts(
      `SELECT DISTINCT "createdBy" AS text FROM "Run" WHERE ${live} AND "createdBy" <> '' ORDER BY 1 LIMIT ${MOST}`,
    ),
  ]);
  const fields = FIELDS.map(({ name, type, values = null }) => ({ name, type, values }));
  return { fields, operators: OPERATORS, tags, groups, people };
}
