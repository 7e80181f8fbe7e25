import type { EngineStatus } from "./status.ts";

export type EngineName = "tensorflow" | "wasm";

const ALL: readonly EngineName[] = ["tensorflow", "wasm"];
const isEngine = (name: string): name is EngineName => (ALL as readonly string[]).includes(name);

/**
 * The engines that the tests run on, the fast one first: UNIARM_ENGINE alone where it is set, else all that this machine
 * has. UNIARM_REQUIRE_ENGINES (comma-separated) makes a missing one an error instead of a gap.
 * @throws Error when a required engine is missing or a name is unknown
 */
export function enginesToTest(
  environment: NodeJS.ProcessEnv,
  tensorflow: Pick<EngineStatus, "available" | "reason">,
): EngineName[] {
  const only = parseNames("UNIARM_ENGINE", environment.UNIARM_ENGINE);
  const wanted = only.length > 0 ? only : ALL;
  const required = [...only, ...parseNames("UNIARM_REQUIRE_ENGINES", environment.UNIARM_REQUIRE_ENGINES)];
  const there = wanted.filter((name) => name === "wasm" || tensorflow.available);
  const missing = required.find((name) => !there.includes(name));
  if (missing === undefined) return there;
  const reason =
    missing === "tensorflow" && tensorflow.reason !== undefined ? tensorflow.reason : "UNIARM_ENGINE leaves it out";
  throw new Error(
    `The tests must run on ${[...new Set(required)].join(" and ")}, and ${missing} is missing: ${reason}.`,
  );
}

function parseNames(variable: string, value: string | undefined): EngineName[] {
  const names = (value ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = names.find((name) => !isEngine(name));
  if (unknown !== undefined) throw new Error(`${variable} names "${unknown}"; the engines are ${ALL.join(" and ")}.`);
  return names.filter(isEngine);
}
