import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cgroupCores } from "../../src/tensor/cgroup-cores.ts";
import { chooseThreads } from "../../src/tensor/threads.ts";
import { openEngine } from "../../src/index.ts";

const engine = await openEngine();

describe("the cores that control groups grant", () => {
  const granted = (files: Record<string, string>): number | null => cgroupCores((path) => files[path] ?? null);
  const SECOND = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
  const FIRST =
    "31 25 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" +
    "32 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

  test("version 2: docker run --cpus 1.5, whose group is the root of what it sees", () => {
    const files = { "/proc/self/mountinfo": SECOND, "/proc/self/cgroup": "0::/\n" };
    expect(granted({ ...files, "/sys/fs/cgroup/cpu.max": "150000 100000\n" })).toBe(1.5);
    expect(granted({ ...files, "/sys/fs/cgroup/cpu.max": "max 100000\n" })).toBeNull();
  });

  test("version 2: the least of a group and those above it counts", () => {
    const files = {
      "/proc/self/mountinfo": SECOND,
      "/proc/self/cgroup": "0::/user.slice/app.scope\n",
      "/sys/fs/cgroup/user.slice/app.scope/cpu.max": "800000 100000\n",
    };
    expect(granted(files)).toBe(8);
    expect(granted({ ...files, "/sys/fs/cgroup/user.slice/cpu.max": "300000 100000\n" })).toBe(3);
  });

  test("version 1: a pod of Kubernetes with a limit of 2, mounted at its own group", () => {
    const root = "/kubepods/pod1/c2";
    const files = {
      "/proc/self/mountinfo": `32 25 0:28 ${root} /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n`,
      "/proc/self/cgroup": `5:memory:${root}\n4:cpu,cpuacct:${root}\n`,
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    };
    expect(granted({ ...files, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n" })).toBe(2);
    expect(granted({ ...files, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n" })).toBeNull();
  });

  test("version 1: a slice of systemd, below the mount; a set of CPUs is no quota", () => {
    const files = {
      "/proc/self/mountinfo": FIRST,
      "/proc/self/cgroup": "3:cpuset:/a\n2:cpu,cpuacct:/a/b\n",
      "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us": "1\n",
      "/sys/fs/cgroup/cpuset/a/cpu.cfs_period_us": "100000\n",
    };
    expect(granted(files)).toBe(0.5);
  });

  test("no limit where nothing says one: another system, files that lie", () => {
    expect(granted({})).toBeNull();
    const files = { "/proc/self/mountinfo": SECOND, "/proc/self/cgroup": "0::/\nnonsense\n" };
    for (const text of ["", "0 100000", "100000", "100000 0", "lots of"])
      expect(granted({ ...files, "/sys/fs/cgroup/cpu.max": text })).toBeNull();
  });
});

describe("the number of threads", () => {
  test.each([
    { quota: null, threads: 8, reason: "the cores that this process may run on" },
    { quota: 16, threads: 8, reason: "the cores that this process may run on" },
    { quota: 2, threads: 2, reason: "its control group grants the time of 2 cores" },
    { quota: 1.5, threads: 2, reason: "its control group grants the time of 1.5 cores" },
    { quota: 0.1, threads: 1, reason: "its control group grants the time of 0.1 cores" },
  ])("is $threads of 8 cores at a quota of $quota", ({ quota, threads, reason }) => {
    expect(chooseThreads({}, { affinity: 8, quota })).toEqual({ threads, reason });
  });

  test("is UNIARM_THREADS before TensorFlow's own variable, and both before what is there", () => {
    const cores = { affinity: 8, quota: 2 };
    const both = { UNIARM_THREADS: "12", TF_NUM_INTRAOP_THREADS: "3" };
    expect(chooseThreads(both, cores)).toEqual({ threads: 12, reason: "UNIARM_THREADS" });
    expect(chooseThreads({ ...both, UNIARM_THREADS: "" }, cores).reason).toBe("TF_NUM_INTRAOP_THREADS");
    expect(chooseThreads({ TF_NUM_INTRAOP_THREADS: "0" }, cores).threads).toBe(2); // TensorFlow's word for "as you like"
  });

  test.each(["0", "-1", "two", "1.5", "99999"])("UNIARM_THREADS=%s is refused", (UNIARM_THREADS) => {
    expect(() => chooseThreads({ UNIARM_THREADS }, { affinity: 8, quota: null })).toThrow(
      `UNIARM_THREADS is "${UNIARM_THREADS}"; it must be a whole number from 1 to 9999, or not set`,
    );
  });
});

test.runIf(process.platform === "linux" && engine.name === "tensorflow")(
  "a process that is bound to one core calculates on one thread",
  () => {
    const source = `import { openEngine } from ${JSON.stringify(join(import.meta.dirname, "..", "..", "src", "index.ts"))};
      const { threads, threadsReason } = await openEngine();
      console.log(JSON.stringify([threads, threadsReason]));`;
    const { TF_NUM_INTRAOP_THREADS: _, UNIARM_THREADS: __, ...env } = process.env;
    const first = /\d+/.exec(execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" }).split(":").at(-1)!)![0]; // prettier-ignore
    const bound = ["-c", first, process.execPath, "--input-type=module", "-e", source];
    expect(JSON.parse(execFileSync("taskset", bound, { encoding: "utf8", env }))).toEqual([
      1,
      "the cores that this process may run on",
    ]);
  },
);
