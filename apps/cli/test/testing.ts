/** The door for tests and tools of others: the command line and the platform, each as a user starts it. */
export { startPlatform, temporaryFolder, untilRun, type Platform, type RunView } from "./once/platform/platform.ts";
export { runCli, type Finished } from "./run-cli.ts";
export { blocksOf, isInstalled, NAME, startProxy, type Program, type Proxy } from "./proxy.ts";
export { openSlurmSite, withoutSlurm, type SlurmSite } from "./once/platform/slurm-site.ts";
