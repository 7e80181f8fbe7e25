import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { TENSORFLOW_VERSION } from "./cache.ts";
import { MissingPrerequisite } from "./prerequisites.ts";
import { run } from "./run.ts";

/** Nothing in the wheel is run by Python, so one made for any Python serves: this one exists for every platform. */
const WHEEL_FOR_PYTHON = ["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"];

/** A wheel is a zip; only the two libraries and the C headers leave it. */
const EXTRACT = `
import sys, zipfile
wheel, target = sys.argv[1:]
wanted = tuple("tensorflow/" + name for name in (
    "libtensorflow_cc.", "libtensorflow_framework.", "include/tensorflow/", "include/tsl/", "include/xla/tsl/"))
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(wanted):
            archive.extract(name, target)
`;

/** Downloads TensorFlow's wheel and takes its libraries and headers out: <folder>/tensorflow/{lib*.so.2,include/}. */
export async function fetchTensorFlow(python: string, folder: string): Promise<void> {
  const wheels = join(folder, "wheel");
  try {
    await run(python, [
      ...["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--retries", "2"],
      ...["--no-deps", "--only-binary=:all:", ...WHEEL_FOR_PYTHON],
      ...["--dest", wheels, `tensorflow-cpu==${TENSORFLOW_VERSION}`],
    ]);
  } catch (cause) {
    throw new MissingPrerequisite(
      `pip could not download tensorflow-cpu ${TENSORFLOW_VERSION} (${complaintOf(cause)}); check the network`,
    );
  }
  const wheel = readdirSync(wheels).find((name) => name.endsWith(".whl"));
  if (!wheel) throw new MissingPrerequisite(`pip downloaded no wheel of tensorflow-cpu ${TENSORFLOW_VERSION}`);
  await run(python, ["-c", EXTRACT, join(wheels, wheel), folder]);
  await rm(wheels, { recursive: true });
}

/** The last thing that pip called an error; its warnings about retries are long. */
function complaintOf(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n");
  const complaint = lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.at(-1) ?? "";
  return complaint.replace(/^ERROR:\s*/, "").slice(0, 300);
}
