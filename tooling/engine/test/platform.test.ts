import { expect, test } from "vitest";
import { platformOf } from "../src/platform.ts";
import { cudaRequirements, wheelName } from "../src/wheel.ts";

const linux = platformOf({ platform: "linux", arch: "x64", glibc: "2.36" });
const arm = platformOf({ platform: "linux", arch: "arm64", glibc: "2.36" });
const mac = platformOf({ platform: "darwin", arch: "arm64", glibc: undefined });

test("the CPU build of Linux on x64 is a wheel of its own; elsewhere, and for GPUs, it is the general one", () => {
  expect(wheelName("cpu", linux)).toBe("tensorflow-cpu");
  expect([wheelName("gpu", linux), wheelName("cpu", arm), wheelName("cpu", mac)]).toEqual(
    new Array(3).fill("tensorflow"),
  );
});

test("only Linux on x64 is called verified; a Mac's libraries have their own names and way to be found", () => {
  expect([linux.verified, arm.verified, mac.verified]).toEqual([true, false, false]);
  expect(mac.libraries).toEqual(["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]);
  expect([linux.origin, mac.origin]).toEqual(["$ORIGIN", "@loader_path"]);
});

test.each([
  ["Windows", { platform: "win32", arch: "x64", glibc: undefined }, "run the project inside WSL 2"],
  ["an Intel Mac", { platform: "darwin", arch: "x64", glibc: undefined }, "no wheel for darwin-x64"],
  ["a 32-bit processor", { platform: "linux", arch: "arm", glibc: "2.36" }, "no wheel for linux-arm"],
  ["Alpine's C library", { platform: "linux", arch: "x64", glibc: undefined }, "need glibc 2.27 or newer"],
])("%s is refused in one sentence", (_name, machine, sentence) => {
  expect(() => platformOf(machine)).toThrow(sentence);
});

const METADATA = `Metadata-Version: 2.1
Name: tensorflow
Requires-Dist: numpy >=1.26.0
Requires-Dist: nvidia-cublas-cu12 <13.0,>=12.5.3.2 ; extra == 'and-cuda'
Requires-Dist: nvidia-cudnn-cu12 (<10.0,>=9.3.0.75) ; extra == "and-cuda"
Requires-Dist: tensorboard ~=2.20.0 ; extra == 'other'
`;

test("a GPU build asks for the wheels of TensorFlow's and-cuda extra, with their versions", () => {
  expect(cudaRequirements(METADATA)).toEqual([
    "nvidia-cublas-cu12<13.0,>=12.5.3.2",
    "nvidia-cudnn-cu12<10.0,>=9.3.0.75",
  ]);
});

test("a wheel that names no CUDA libraries is an error, not an engine without them", () => {
  expect(() => cudaRequirements("Requires-Dist: numpy >=1.26.0\n")).toThrow("names no CUDA libraries");
});
