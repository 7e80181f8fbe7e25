import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { batchScript, Site } from "../src/index.ts";

const batch = {
  name: "uniarm-abc",
  comment: 'run "a"',
  folder: "/shared/abc",
  tasks: 1,
  resources: {},
  environment: {},
  command: ["node", "job.ts"],
};

test("a job that asks for nothing leaves everything to the site, and is begun once", () => {
  expect(batchScript(Site.parse({}), batch).split("\n")).toEqual([
    "#!/bin/bash",
    "#SBATCH --job-name=uniarm-abc",
    '#SBATCH --comment="run \\"a\\""',
    '#SBATCH --chdir="/shared/abc"',
    "#SBATCH --output=slurm-0.out",
    "#SBATCH --open-mode=append",
    "#SBATCH --export=NONE",
    "#SBATCH --no-requeue",
    "#SBATCH --signal=B:USR2@120",
    'exec node job.ts "${SLURM_ARRAY_TASK_ID:-0}"',
    "",
  ]);
});

test("what is asked for, and further options, stand in it; several jobs are an array", () => {
  const resources = { partition: "gpu", cpus: 4, gres: "gpu:1", memory: "8G", time: "2:00:00", lines: ["--exclusive"] };
  const script = batchScript(Site.parse({ saveSeconds: 60 }), { ...batch, tasks: 3, resources });
  for (const option of ["partition=gpu", "cpus-per-task=4", "gres=gpu:1", "mem=8G", "time=2:00:00", "exclusive"])
    expect(script).toContain(`#SBATCH --${option}\n`);
  expect(script).toContain("#SBATCH --array=0-2\n#SBATCH");
  expect(script).toContain("#SBATCH --output=slurm-%a.out\n");
  expect(script).toContain("USR2@60\n");
});

test("a shell reads words as they were meant, in prefix, environment and command", async () => {
  const { path, remove } = await temporaryFolder();
  try {
    const odd = join(path, "it's a $HOME folder");
    await mkdir(odd);
    await writeFile(join(path, "prefix"), '#!/bin/bash\nprintf "%s|" "$@" "$ODD" "$UNIARM_SCRATCH" "$SET"\n', {
      mode: 0o755,
    });
    const site = Site.parse({ prefix: [join(path, "prefix")], scratch: "/scratch/$USER", setup: ["export SET=up"] });
    await writeFile(
      join(path, "script.sh"),
      batchScript(site, { ...batch, environment: { ODD: odd }, command: [odd, "*"] }),
    );
    const printed = execFileSync("bash", [join(path, "script.sh")], {
      encoding: "utf8",
      env: { USER: "ada", SLURM_ARRAY_TASK_ID: "7" },
    });
    expect(printed.split("|")).toEqual([odd, "*", "7", odd, "/scratch/ada", "up", ""]);
  } finally {
    await remove();
  }
});
