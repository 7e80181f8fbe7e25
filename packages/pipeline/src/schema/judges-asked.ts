import { EndpointJudge } from "@uniarm/core/schema";

/** The endpoints that a config asks to judge, wherever in it they are named. */
export function judgesAsked(config: unknown): Pick<EndpointJudge, "url" | "keyVariable">[] {
  if (Array.isArray(config)) return config.flatMap(judgesAsked);
  if (typeof config !== "object" || config === null) return [];
  const own = "judge" in config ? EndpointJudge.safeParse(config.judge).data : undefined;
  return [...(own ? [own] : []), ...Object.values(config).flatMap(judgesAsked)];
}
