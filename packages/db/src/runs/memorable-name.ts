import { createHash } from "node:crypto";
import type { Client } from "../database.ts";

/** 64 of each: a byte of the hash chooses one, none more often than another. Short, plain, and not about people. */
const QUALITIES = (
  "amber azure bold brave bright brisk calm clear clever cosmic cozy crisp curious daring dawn deep " +
  "distant dusty eager early fair fast fine fresh gentle glad golden grand green happy hidden honest " +
  "humble icy jade keen kind late light lively lucky lunar mellow merry misty modest noble polar " +
  "proud quick quiet rapid royal rustic silent silver smooth snowy solar steady sunny swift vivid warm"
).split(" ");
const THINGS = (
  "acorn alder anchor apple arrow badger beacon birch brook canyon cedar cliff clover comet coral crane " +
  "creek dune eagle ember falcon fern field finch fjord forest fox garden glacier grove harbor hawk " +
  "heron hill island jay lagoon lake lark lily lynx maple meadow moon moss otter owl pebble " +
  "pine planet pond prairie quartz raven reef river robin sparrow spruce stone summit tide valley willow"
).split(" ");
const NUMBERS = 1000;

/** Two words and a number, the same for the same id: quiet-otter-42. `attempt` counts the names that were taken. */
export function memorableName(id: string, attempt = 0): string {
  const hash = createHash("sha256").update(`${id} ${attempt}`).digest();
  const quality = QUALITIES[hash[0]! % QUALITIES.length]!;
  const thing = THINGS[hash[1]! % THINGS.length]!;
  return `${quality}-${thing}-${hash.readUInt32BE(2) % NUMBERS}`;
}

/** The first of an id's names that no other run of the project has, those in the trash included. */
export async function freeName(client: Client, projectId: string, id: string): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const name = memorableName(id, attempt);
    // of two who choose one name at once the second waits for the first, and then sees it
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`name ${projectId} ${name}`]);
    const { rowCount } = await client.query(`SELECT 1 FROM "Run" WHERE "projectId" = $1 AND name = $2 LIMIT 1`, [
      projectId,
      name,
    ]);
    if (rowCount === 0) return name;
  }
}
