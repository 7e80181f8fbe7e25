import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAMS = ["sbatch", "squeue", "scancel", "slurmctld", "slurmd", "munged"];
const PACKAGES = "slurmctld slurmd slurm-client munge";
const ENDED_MS = 10_000;

/** A real Slurm of the tests: a controller and nodes on this machine, on addresses that no other machine reaches. */
export interface Cluster {
  /** what Slurm's commands need to find it */
  environment: { SLURM_CONF: string };
  folder: string;
  /** Of its processes, by name: slurmctld, slurmd-n1 ... */
  pid: (name: string) => number;
  /** kill -9, and its end. */
  kill: (name: string) => Promise<void>;
  startController: () => void;
  startNode: (name: string) => void;
  /** One of Slurm's commands, with what it prints. */
  command: (program: string, ...args: string[]) => string;
  stop: () => Promise<void>;
}

/**
 * Why Slurm's tests cannot run here; null: they can. Where UNIARM_REQUIRE_SLURM is 1 they must.
 * @throws Error where it is required and missing
 */
export function slurmMissing(): string | null {
  const missing = PROGRAMS.filter((program) => pathOf(program) === null);
  const why =
    process.getuid?.() === 0
      ? missing.length === 0
        ? null
        : `there is no ${missing.join(", ")} on this machine: apt-get install ${PACKAGES}`
      : "a cluster of the tests is started by root alone";
  if (why !== null && process.env.UNIARM_REQUIRE_SLURM === "1") throw new Error(why);
  return why;
}

export interface ClusterSize {
  nodes?: readonly string[];
  /** that each node pretends to have */
  cpus?: number;
}

/** Starts one whose nodes have 2000 MB a CPU and two pretended GPUs, in partitions `main` and `urgent`, which preempts. */
export async function startCluster({ nodes = ["n1", "n2"], cpus = 2 }: ClusterSize = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "slurm-"));
  for (const part of ["munge", "state", "log", "run", ...nodes.map((node) => `spool/${node}`)])
    mkdirSync(join(folder, part), { recursive: true });
  chmodSync(folder, 0o755); // munge wants its socket within everybody's reach
  chmodSync(join(folder, "state"), 0o700);
  writeFileSync(join(folder, "munge/munge.key"), randomBytes(128), { mode: 0o600 });
  const conf = join(folder, "slurm.conf");
  writeFileSync(conf, configuration(folder, { nodes, cpus }, await freePorts(nodes.length + 1)));
  const gres = nodes.flatMap((node) =>
    ["/dev/null", "/dev/zero"].map((file) => `NodeName=${node} Name=gpu File=${file}\n`),
  );
  writeFileSync(join(folder, "gres.conf"), gres.join(""));

  const environment = { SLURM_CONF: conf };
  const run = (program: string, args: readonly string[]): string =>
    execFileSync(pathOf(program) ?? program, args, {
      encoding: "utf8",
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
  const pid = (name: string): number => Number(readFileSync(join(folder, `run/${name}.pid`), "utf8"));
  const end = async (name: string, signal: NodeJS.Signals): Promise<void> => {
    const id = existsSync(join(folder, `run/${name}.pid`)) ? pid(name) : 0;
    if (id === 0 || !isAlive(id)) return;
    process.kill(id, signal);
    for (const deadline = performance.now() + ENDED_MS; isAlive(id);) {
      if (performance.now() > deadline) process.kill(id, "SIGKILL");
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const startController = (): void => void run("slurmctld", ["-f", conf]);
  const startNode = (name: string): void => void run("slurmd", ["-N", name, "-f", conf]);
  const stop = async (): Promise<void> => {
    spawnSync("scancel", ["--user=root"], { env: { ...process.env, ...environment }, timeout: 10_000 });
    for (const name of ["slurmctld", ...nodes.map((node) => `slurmd-${node}`), "munged"]) await end(name, "SIGTERM");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const munge = (name: string): string => join(folder, "munge", name);
    run("munged", [
      `--key-file=${munge("munge.key")}`,
      `--socket=${munge("munge.socket")}`,
      `--pid-file=${join(folder, "run/munged.pid")}`,
      `--log-file=${join(folder, "log/munged.log")}`,
      `--seed-file=${munge("munge.seed")}`,
    ]);
    startController();
    for (const node of nodes) startNode(node);
    const idle = (): number =>
      run("sinfo", ["--noheader", "--Node", "--partition=main", "--format=%T"]).match(/^idle$/gm)?.length ?? 0;
    for (const deadline = performance.now() + 30_000; idle() < nodes.length;) {
      if (performance.now() > deadline) throw new Error(`the nodes do not answer:\n${run("sinfo", ["--long"])}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    environment,
    folder,
    pid,
    kill: (name) => end(name, "SIGKILL"),
    startController,
    startNode,
    command: (program, ...args) => run(program, args),
    stop,
  };
}

/** Times are as short as Slurm takes them: what takes minutes on a cluster takes seconds here. */
const configuration = (
  folder: string,
  { nodes, cpus }: Required<ClusterSize>,
  [controller, ...ports]: readonly number[],
): string => {
  const host = hostname().split(".")[0]!;
  const every = nodes.join(",");
  return `ClusterName=tests
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/run/slurmctld.pid
SlurmdPidFile=${folder}/run/slurmd-%n.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MaxArraySize=1001
MaxJobCount=20000
MinJobAge=300
JobRequeue=1
KillWait=5
SlurmctldTimeout=10
SlurmdTimeout=30
MessageTimeout=10
TCPTimeout=2
BatchStartTimeout=10
InactiveLimit=0
Waittime=0
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
${nodes
  .map(
    (node, index) =>
      `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[index]} CPUs=${cpus} RealMemory=${2000 * cpus} Gres=gpu:2 State=UNKNOWN`,
  )
  .join("\n")}
PartitionName=main Nodes=${every} Default=YES MaxTime=INFINITE DefMemPerCPU=500 PriorityTier=1 State=UP
PartitionName=urgent Nodes=${every} MaxTime=INFINITE DefMemPerCPU=500 PriorityTier=2 State=UP
`;
};

/** Debian keeps daemons where a user's path does not look. */
function pathOf(program: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

/** One that has ended and was not reaped yet is dead. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !"ZX".includes(stat.slice(stat.lastIndexOf(")") + 2)[0]!);
  } catch {
    return false;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) await new Promise((done) => server.close(done));
  return ports;
}
