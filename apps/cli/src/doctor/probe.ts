/** Opens the one engine that UNIARM_ENGINE names and prints what it is; a process of its own, because an engine may crash. */
import { openEngine } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";

try {
  const { name: _name, ...found } = await openEngine();
  process.stdout.write(`${JSON.stringify(found)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ reason: error instanceof UniArmError ? error.message : String(error) })}\n`);
  process.exitCode = 1;
}
