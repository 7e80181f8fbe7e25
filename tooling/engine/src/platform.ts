import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { MissingPrerequisite } from "./prerequisites.ts";

/** What differs between the platforms that TensorFlow has wheels for. */
export interface Platform {
  /** the wheel of the CPU build on PyPI */
  cpuWheel: "tensorflow-cpu" | "tensorflow";
  libraries: readonly [string, string];
  /** compiles for the very CPU that it runs on: the build is this machine's own */
  native: string;
  /** how a library finds its neighbours */
  origin: string;
  /** built and tested by the project; the others are written from their wheels' layout */
  verified: boolean;
}

const SO = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"] as const;
const DYLIB = ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"] as const;

const PLATFORMS: Record<string, Platform> = {
  "linux-x64": {
    cpuWheel: "tensorflow-cpu",
    libraries: SO,
    native: "-march=native",
    origin: "$ORIGIN",
    verified: true,
  },
  "linux-arm64": { cpuWheel: "tensorflow", libraries: SO, native: "-mcpu=native", origin: "$ORIGIN", verified: false },
  "darwin-arm64": {
    cpuWheel: "tensorflow",
    libraries: DYLIB,
    native: "-mcpu=native",
    origin: "@loader_path",
    verified: false,
  },
};

export interface Machine {
  platform: string;
  arch: string;
  /** of the C library on Linux; undefined where that is not glibc */
  glibc: string | undefined;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime };
}

/** @throws MissingPrerequisite where TensorFlow has no wheel */
export function platformOf({ platform, arch, glibc }: Machine): Platform {
  if (platform === "win32") {
    throw new MissingPrerequisite("the tensorflow engine is not built on Windows; run the project inside WSL 2");
  }
  const found = PLATFORMS[`${platform}-${arch}`];
  if (!found) {
    const known = Object.keys(PLATFORMS).join(", ");
    throw new MissingPrerequisite(`TensorFlow has no wheel for ${platform}-${arch} (it has for ${known})`);
  }
  if (platform === "linux" && glibc === undefined) {
    throw new MissingPrerequisite(
      "this Linux has another C library than glibc, and TensorFlow's wheels need glibc 2.27 or newer (Debian, Ubuntu, Fedora; not Alpine)",
    );
  }
  return found;
}

/** What `native` compiles for, as a text to tell machines apart that share a home folder. */
export function cpuFeatures(): string {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
    if (flags) return flags[1]!.trim();
  } catch {
    // not Linux
  }
  return cpus()[0]?.model ?? "";
}
