/** Opens the one engine that UNIARM_ENGINE names and prints what it is; a process of its own, because an engine may crash. */
import { calibration, openEngine } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";

try {
  const { name: _name, ...found } = await openEngine();
  const { training, decoding, reason, cells } = calibration();
  const baseWeights = { training, decoding, reason, cells };
  process.stdout.write(`${JSON.stringify({ ...found, baseWeights })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ reason: error instanceof UniArmError ? error.message : String(error) })}\n`);
  process.exitCode = 1;
}
