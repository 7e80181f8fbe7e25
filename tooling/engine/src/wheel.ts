import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { TENSORFLOW_VERSION } from "./cache.ts";
import { MissingPrerequisite } from "./prerequisites.ts";
import { run } from "./run.ts";

/** A wheel is a zip; only the two libraries and the C headers leave it. */
const EXTRACT = `
import sys, zipfile
wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(("tensorflow/libtensorflow_cc.", "tensorflow/libtensorflow_framework.", "tensorflow/include/tensorflow/", "tensorflow/include/tsl/", "tensorflow/include/xla/tsl/")):
            archive.extract(name, target)
`;

/** Downloads TensorFlow's wheel and takes its libraries and headers out: <folder>/tensorflow/{lib*.so.2,include/}. */
export async function fetchTensorFlow(python: string, folder: string): Promise<void> {
  const wheels = join(folder, "wheel");
  try {
    await run(python, [
      ...["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"],
      ...["--dest", wheels, `tensorflow-cpu==${TENSORFLOW_VERSION}`],
    ]);
  } catch (cause) {
    const last = (cause as Error).message.trim().split("\n").at(-1) ?? "";
    throw new MissingPrerequisite(
      `pip could not download tensorflow-cpu ${TENSORFLOW_VERSION} (${last}); check the network, or use a Python that it has a wheel for`,
    );
  }
  const wheel = readdirSync(wheels).find((name) => name.endsWith(".whl"));
  if (!wheel) throw new MissingPrerequisite(`pip downloaded no wheel of tensorflow-cpu ${TENSORFLOW_VERSION}`);
  await run(python, ["-c", EXTRACT, join(wheels, wheel), folder]);
  await rm(wheels, { recursive: true });
}
