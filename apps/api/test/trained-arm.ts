import { createHash } from "node:crypto";
import { CheckpointManifest, methodOf, type BlobFile } from "@uniarm/core/schema";
import { launchRun, listCheckpoints } from "@uniarm/db";
import type { Serving } from "./serving.ts";
import { workerOf } from "./worker.ts";

export interface TrainedArm {
  run: string;
  checkpoint: string;
}

/** An ARM of objectives helpful and harmless, as a training run with a round saves it: beside the ARM of before the round. */
export async function trainedArm(api: Serving, method: "uniarm" | "scorer" = "uniarm"): Promise<TrainedArm> {
  const { claimed, tell } = workerOf(api);
  const manifest = CheckpointManifest.parse({
    format: "uniarm-checkpoint",
    formatVersion: 1,
    method,
    training: null,
    step: 0,
    seed: 0,
    versions: {},
    objectives: [
      { name: "helpful", description: "Be useful." },
      { name: "harmless", description: "Be careful." },
    ],
    baseModel: { sha256: "a".repeat(64), folder: "m" },
    adapter: { kind: methodOf(method).adapter },
  });
  const files: BlobFile[] = [];
  for (const [path, step] of [
    ["rounds/01/training/checkpoints/step-000002", 2],
    ["rounds/00/training/checkpoints/step-000003", 3],
  ] as const) {
    const text = JSON.stringify({ ...manifest, step });
    const sha256 = createHash("sha256").update(text).digest("hex");
    await api.ask("write", "PUT", `/api/blobs/${sha256}`, text, { "content-type": "application/octet-stream" });
    files.push({ path: `output/${path}/manifest.json`, sha256, size: text.length });
  }
  const config = { method, model: "tiny-world:quick", pairs: "p", output: "output", objectives: manifest.objectives };
  const { projectId } = api;
  const run = await launchRun(api.db, { projectId, kind: "train", name: "arm", config, labels: ["train"] });
  const { attemptId } = (await claimed(["train"]))!;
  await tell("events", { attemptId, events: [{ sequence: 1, time: 1, type: "checkpoint", step: 5, files }] });
  await tell("end", { attemptId, end: "SUCCEEDED", reason: "", exit: null, lastSequence: 1 });
  const [checkpoint] = await listCheckpoints(api.db, run);
  return { run, checkpoint: checkpoint!.id };
}
