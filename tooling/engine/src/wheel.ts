import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TENSORFLOW_VERSION, type Variant } from "./cache.ts";
import type { Platform } from "./platform.ts";
import { MissingPrerequisite } from "./prerequisites.ts";
import { run } from "./run.ts";

/** Nothing in the wheel is run by Python, so one made for any Python serves: this one exists for every platform. */
const WHEEL_FOR_PYTHON = ["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"];

/** A wheel is a zip: takes out what starts with one of the prefixes and holds none of the words. */
const EXTRACT = `
import sys, zipfile
wheel, target, prefixes, without = sys.argv[1], sys.argv[2], tuple(sys.argv[3].split(",")), sys.argv[4].split(",")
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(prefixes) and not any(word and word in name for word in without):
            archive.extract(name, target)
`;

const info = `tensorflow-${TENSORFLOW_VERSION}.dist-info/`; // the CPU wheel's is named otherwise, and not needed
const TENSORFLOW_PARTS = [
  "libtensorflow_cc.",
  "libtensorflow_framework.",
  "include/tensorflow/",
  "include/tsl/",
  "include/xla/tsl/",
].map((name) => `tensorflow/${name}`);

/** On a GPU's machine the CPU's wheel is another package, where there is one. */
export const wheelName = (variant: Variant, { cpuWheel }: Platform): string =>
  variant === "gpu" ? "tensorflow" : cpuWheel;

/**
 * Downloads TensorFlow's wheel and takes its libraries and headers out: <folder>/tensorflow/{lib*,include/}; for GPUs also
 * the CUDA libraries that it names, <folder>/nvidia/..., where TensorFlow's own run path looks for them.
 */
export async function fetchTensorFlow(
  python: string,
  folder: string,
  variant: Variant,
  platform: Platform,
): Promise<void> {
  await fetchWheel(
    python,
    folder,
    `${wheelName(variant, platform)}==${TENSORFLOW_VERSION}`,
    [...TENSORFLOW_PARTS, info],
    [],
  );
  if (variant === "gpu") {
    const metadata = readFileSync(join(folder, info, "METADATA"), "utf8");
    for (const requirement of cudaRequirements(metadata)) {
      await fetchWheel(python, folder, requirement, ["nvidia/"], ["/include/"]);
    }
  }
}

/** The wheels that TensorFlow's "and-cuda" extra asks for, as pip reads them: "nvidia-cublas-cu12<13.0,>=12.5.3.2". */
export function cudaRequirements(metadata: string): string[] {
  const found = [...metadata.matchAll(/^Requires-Dist:\s*([^;\r\n]+?)\s*;(.*)$/gm)]
    .filter(([, , condition]) => /extra\s*==\s*["']and-cuda["']/.test(condition!))
    .map(([, requirement]) => requirement!.replace(/[\s()]/g, ""));
  if (found.length === 0) throw new Error("the wheel's METADATA names no CUDA libraries (extra and-cuda)");
  return found;
}

async function fetchWheel(
  python: string,
  folder: string,
  requirement: string,
  parts: readonly string[],
  without: readonly string[],
): Promise<void> {
  const wheels = join(folder, "wheel");
  const name = requirement.split(/[<>=!~,]/)[0]!;
  try {
    await run(python, [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--disable-pip-version-check",
      "--no-cache-dir",
      "--retries",
      "2",
      "--no-deps",
      "--only-binary=:all:",
      ...WHEEL_FOR_PYTHON,
      "--dest",
      wheels,
      requirement,
    ]);
  } catch (cause) {
    const wanted = requirement.replace("==", " ");
    throw new MissingPrerequisite(`pip could not download ${wanted} (${complaintOf(cause)}); check the network`);
  }
  const wheel = readdirSync(wheels).find((file) => file.endsWith(".whl"));
  if (!wheel) throw new MissingPrerequisite(`pip downloaded no wheel of ${name}`);
  await run(python, ["-c", EXTRACT, join(wheels, wheel), folder, parts.join(), without.join()]);
  rmSync(wheels, { recursive: true });
}

/** The last thing that pip called an error; its warnings about retries are long. */
function complaintOf(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n");
  const complaint = lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.at(-1) ?? "";
  return complaint.replace(/^ERROR:\s*/, "").slice(0, 300);
}
