import { readFile } from "node:fs/promises";
import { type z } from "zod";
import { UniArmError } from "../schema/error.ts";

/**
 * Reads a file of one JSON value a line and parses each by `schema`; empty lines are passed over.
 * @throws UniArmError json-lines-missing, json-lines-invalid with file:line and what is wrong there
 */
export async function readJsonLines<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new UniArmError(
      "json-lines-missing",
      `${path} cannot be read: ${reasonOf(cause)}. It should be a file with one JSON value a line.`,
      { cause },
    );
  });
  const values: z.infer<Schema>[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    values.push(parseLine(line, schema, `${path}:${index + 1}`));
  }
  return values;
}

function parseLine<Schema extends z.ZodType>(line: string, schema: Schema, where: string): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new UniArmError(
      "json-lines-invalid",
      `${where} is not JSON: ${(cause as Error).message}. Each line must be one JSON value.`,
      { cause },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message,
  );
  throw new UniArmError(
    "json-lines-invalid",
    `${where} is not what it should be: ${problems.join("; ")}. Correct that line.`,
    { cause: parsed.error },
  );
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code === "ENOENT"
    ? "there is no such file"
    : String((cause as Error).message);
}
