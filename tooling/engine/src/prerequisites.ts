import { spawnSync } from "node:child_process";

/** Something this machine lacks; the message is one sentence that says what to install. */
export class MissingPrerequisite extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MissingPrerequisite";
  }
}

const works = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore", timeout: 30_000 }).status === 0;

/** The first Python 3.9+ on PATH that has pip. */
export function findPython(): string {
  const isCurrent = "import sys; sys.exit(sys.version_info < (3, 9))";
  const python = ["python3", "python"].find((name) => works(name, ["-c", isCurrent]));
  if (!python)
    throw new MissingPrerequisite("no Python 3.9 or newer on PATH (Debian: apt-get install python3 python3-pip)");
  if (!works(python, ["-m", "pip", "--version"])) {
    throw new MissingPrerequisite(`${python} has no pip (Debian: apt-get install python3-pip)`);
  }
  return python;
}

export function findCompiler(): string {
  const compiler = ["g++", "c++", "clang++"].find((name) => works(name, ["--version"]));
  if (!compiler) throw new MissingPrerequisite("no C++ compiler on PATH (Debian: apt-get install g++)");
  return compiler;
}
