/** Who needs to know a variable. */
export const ENVIRONMENT_SECTIONS = {
  user: "For everybody",
  command: "The command line and its server",
  server: "The server's process: `uniarm serve` sets these from its flags",
  worker: "The worker's process: `uniarm serve` and `uniarm worker` set these from their flags",
  internal: "Between our own processes: not for people",
  tests: "Tests and tools of this repository only",
} as const;

export interface EnvironmentVariable {
  section: keyof typeof ENVIRONMENT_SECTIONS;
  summary: string;
  /** what holds where it is not set, in words; null: nothing, it has to be set */
  default: string | null;
  /** programs that read it */
  readBy: readonly ("api" | "cli" | "engine" | "tests" | "tooling" | "tracker" | "worker")[];
  /** its value must not be printed, logged or committed */
  secret?: true;
}

/** Every variable that a program of this repository reads; docs/environment.md and .env.example are made from it. */
export const ENVIRONMENT = {
  UNIARM_ENGINE: {
    section: "user",
    summary: "`tensorflow` or `wasm`: the tensor engine",
    default: "tensorflow where it is installed, else wasm",
    readBy: ["engine", "tests", "tooling"],
  },
  UNIARM_THREADS: {
    section: "user",
    summary: "threads that the tensorflow engine calculates on",
    default: "the cores that this process may use: affinity and control groups count",
    readBy: ["engine"],
  },
  UNIARM_BASE_WEIGHTS: {
    section: "user",
    summary: "`float32` or `bfloat16`: number format of base weights where a config names none",
    default: "the fastest on this machine, measured once (`uniarm doctor` shows it)",
    readBy: ["engine"],
  },
  UNIARM_CPU: {
    section: "user",
    summary:
      "instructions that products with quantized weights use: `portable`, `avx2`, `avx-vnni`, `avx512`, `vnni` or `neon`; one that the CPU lacks is refused",
    default: "the best that the CPU has",
    readBy: ["engine"],
  },
  UNIARM_CACHE: {
    section: "user",
    summary:
      "folder of downloads, pulled models, built engines and what was measured of them, shared by all clones of a user",
    default: "`$XDG_CACHE_HOME/uniarm`",
    readBy: ["api", "cli", "engine", "tooling", "worker"],
  },
  XDG_CACHE_HOME: {
    section: "user",
    summary: "the desktop's folder of caches",
    default: "`~/.cache`",
    readBy: ["api", "cli", "engine", "tooling", "worker"],
  },
  HF_ENDPOINT: {
    section: "user",
    summary: "the hub that `uniarm models pull owner/name` asks",
    default: "`https://huggingface.co`",
    readBy: ["cli"],
  },
  HF_TOKEN: {
    section: "user",
    summary: "token for private and gated models of that hub; else the one that `hf auth login` has stored",
    default: "none",
    readBy: ["cli"],
    secret: true,
  },
  HF_HOME: {
    section: "user",
    summary:
      "Hugging Face's own cache: models of the hub are then kept in its `hub`, where its libraries find them, too",
    default: "they are kept in `hub` of `UNIARM_CACHE`",
    readBy: ["cli", "worker", "tooling"],
  },
  UNIARM_DATA: {
    section: "command",
    summary: "folder of this machine's own server: its database, files and key",
    default: "`$XDG_DATA_HOME/uniarm`",
    readBy: ["cli"],
  },
  XDG_DATA_HOME: {
    section: "command",
    summary: "the desktop's folder of data",
    default: "`~/.local/share`",
    readBy: ["cli"],
  },
  UNIARM_DATABASE_URL: {
    section: "command",
    summary: "a PostgreSQL of your own, 13 to 18, in place of the embedded one; `DATABASE_URL` and `PG*` are not read",
    default: "the embedded PostgreSQL",
    readBy: ["cli", "api"],
    secret: true,
  },
  UNIARM_SERVER: {
    section: "command",
    summary: "address of the server that commands and workers speak to",
    default: "this machine's own server",
    readBy: ["cli", "worker", "tracker"],
  },
  UNIARM_KEY: {
    section: "command",
    summary: "API key for that server",
    default: "this machine's own key, for its own server only",
    readBy: ["cli", "worker"],
    secret: true,
  },
  UNIARM_PAGES: {
    section: "command",
    summary: "folder of the built dashboard",
    default: "the tracker's `dist/`, built when its sources are newer",
    readBy: ["cli", "api"],
  },
  UNIARM_HOST: {
    section: "server",
    summary: "address that the server listens on",
    default: "127.0.0.1",
    readBy: ["api"],
  },
  UNIARM_PORT: {
    section: "server",
    summary: "port that the server listens on; 0: any free one",
    default: "4747",
    readBy: ["api"],
  },
  UNIARM_BLOBS: {
    section: "server",
    summary: "where the files of runs are kept: a folder, or `s3://BUCKET/PREFIX`; `--blobs` of `uniarm serve`",
    default: "`blobs` in the data folder",
    readBy: ["api", "cli"],
  },
  UNIARM_PRIVATE_WEBHOOKS: {
    section: "server",
    summary: "1: webhooks may be of this machine and of private networks; `--allow-private-webhooks` of `uniarm serve`",
    default: "0",
    readBy: ["api"],
  },
  UNIARM_BLOBS_REDIRECT: {
    section: "server",
    summary: "1: who asks for a file is sent to the bucket itself, by an address that is good for a quarter of an hour",
    default: "0",
    readBy: ["api"],
  },
  UNIARM_LOCAL_KEY: {
    section: "server",
    summary: "file of this machine's own key, for its worker and command line; made where it is missing",
    default: "no such key is made",
    readBy: ["api"],
  },
  UNIARM_PUBLIC_URL: {
    section: "server",
    summary: "address that people type, behind a proxy: `https://lab.example.org/uniarm`",
    default: "the address that a request was sent to",
    readBy: ["api", "cli"],
  },
  UNIARM_BASE_PATH: {
    section: "server",
    summary: "path that the server has on a host that it shares: `/uniarm`",
    default: "the path of `UNIARM_PUBLIC_URL`, else none",
    readBy: ["api"],
  },
  UNIARM_TRUST_PROXY: {
    section: "server",
    summary: "addresses of proxies whose `X-Forwarded-*` headers are believed, with commas: `loopback`, `10.0.0.0/8`",
    default: "none is believed",
    readBy: ["api"],
  },
  UNIARM_NO_AUTH: {
    section: "server",
    summary: "`1`: requests need no key; only on an address that other machines cannot reach",
    default: "0",
    readBy: ["api"],
  },
  UNIARM_SHARE_DATABASE: {
    section: "server",
    summary: "`1`: the database may hold tables of other programs",
    default: "0",
    readBy: ["api"],
  },
  UNIARM_LEASE_SECONDS: {
    section: "server",
    summary: "seconds without a heartbeat after which an attempt counts as lost",
    default: "15",
    readBy: ["api"],
  },
  UNIARM_LOG: {
    section: "server",
    summary: "least level that is logged, also by workers: debug, info, warn, error or silent",
    default: "info",
    readBy: ["api", "worker"],
  },
  UNIARM_KEY_FILE: {
    section: "worker",
    summary: "file of the worker's key, read at each request: `uniarm serve` puts another into it when that is revoked",
    default: "`UNIARM_KEY`",
    readBy: ["worker"],
  },
  UNIARM_WORKER_FOLDER: {
    section: "worker",
    summary: "folder of the worker's identity, its jobs and what it has yet to report",
    default: null,
    readBy: ["worker"],
  },
  UNIARM_WORKER_NAME: {
    section: "worker",
    summary: "name that the dashboard shows",
    default: "the host's name",
    readBy: ["worker"],
  },
  UNIARM_WORKER_LABELS: {
    section: "worker",
    summary: "labels with commas; `gpu=2`: at most two runs at once that ask for gpu",
    default: "none",
    readBy: ["worker"],
  },
  UNIARM_WORKER_SLOTS: {
    section: "worker",
    summary: "its slots, room for runs at once: most runs take one",
    default: "1",
    readBy: ["worker"],
  },
  UNIARM_WORKER_GRACE_SECONDS: {
    section: "worker",
    summary: "seconds that a job has to save itself when it is told to stop",
    default: "30",
    readBy: ["worker"],
  },
  UNIARM_WORKER_PROGRAMS: {
    section: "worker",
    summary: "`1`: it runs programs that launches name as scorers (`--allow-programs`)",
    default: "0",
    readBy: ["worker"],
  },
  UNIARM_WORKER_JUDGES: {
    section: "worker",
    summary:
      "endpoints that it asks to judge, `URL` or `URL=VARIABLE` with the variable that holds the key, blanks between them (`--judge`)",
    default: "none",
    readBy: ["worker"],
  },
  UNIARM_WORKER_LAUNCHER: {
    section: "worker",
    summary: "`slurm` or `kubernetes`: runs become jobs there, not processes of the worker (`--launcher`)",
    default: "local-process",
    readBy: ["worker"],
  },
  UNIARM_WORKER_SITE: {
    section: "worker",
    summary: "file that says what jobs of Slurm or Kubernetes ask for (`--site`)",
    default: "none; those launchers need one",
    readBy: ["worker"],
  },
  UNIARM_SCRATCH: {
    section: "internal",
    summary: "folder of a compute node in which a job of Slurm makes its folder of temporary files",
    default: "the system's folder of temporary files",
    readBy: ["worker"],
  },
  UNIARM_INBOX: {
    section: "internal",
    summary: "folder where programs that ran without a server leave what the worker is to record",
    default: "nothing is recorded",
    readBy: ["worker"],
  },
  UNIARM_ORIGIN: {
    section: "internal",
    summary: "folder that a job's relative paths start from",
    default: "the job's working folder",
    readBy: ["worker"],
  },
  UNIARM_PARENT: {
    section: "internal",
    summary: "`1`: the process ends when its standard input does, which is when its parent is gone",
    default: "it lives on",
    readBy: ["api", "worker"],
  },
  UNIARM_REQUIRE_S3: {
    section: "tests",
    summary: "1: the S3 server of the tests has to be there; without it they are skipped",
    default: "0",
    readBy: ["tests"],
  },
  UNIARM_REQUIRE_SLURM: {
    section: "tests",
    summary: "1: Slurm of the tests has to be there, and root; without it they are skipped",
    default: "0",
    readBy: ["tests"],
  },
  UNIARM_REQUIRE_ENGINES: {
    section: "tests",
    summary: "engines with commas that the tests must run on: a missing one fails instead of being left out",
    default: "none",
    readBy: ["tests"],
  },
  UNIARM_SHOTS: {
    section: "tests",
    summary: "folder for pictures of pages that tests open, for people to look at",
    default: "none are taken",
    readBy: ["tests"],
  },
  UNIARM_CHAOS: {
    section: "tests",
    summary: "`full`: the chaos test kills processes at 40 moments of 12 studies, and wrong keys arrive for a minute",
    default: "6 moments of 2 studies, and three seconds",
    readBy: ["tests"],
  },
  CHROMIUM: {
    section: "tests",
    summary: "browser that the tests of pages, `pnpm screenshots` and `pnpm bench:tracker` use",
    default: "chromium or google-chrome in `/usr/bin`",
    readBy: ["tests", "tooling"],
  },
  UNIARM_BENCH_PYTHON: {
    section: "tests",
    summary: "Python with torch and transformers for `pnpm bench`",
    default: "the one that `pnpm bench:setup` makes",
    readBy: ["tooling"],
  },
  UNIARM_REFERENCE_PYTHON: {
    section: "tests",
    summary: "Python with transformers and PEFT for `pnpm check:exports`",
    default: "a virtual environment in the cache folder",
    readBy: ["tooling"],
  },
  UNIARM_FUZZ_PYTHON: {
    section: "tests",
    summary: "Python with schemathesis for `pnpm fuzz:api`",
    default: "a virtual environment in the cache folder",
    readBy: ["tooling"],
  },
} as const satisfies Record<string, EnvironmentVariable>;
