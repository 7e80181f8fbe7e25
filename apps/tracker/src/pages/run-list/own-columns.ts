import { useQueries, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { metricName } from "@uniarm/pipeline/schema";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import type { Inputs, RunRow } from "../../api/types.ts";
import type { JsonSchema } from "../../form/json-schema.ts";
import { settingPaths } from "../../form/setting-paths.ts";

/** Metrics are looked for in so many of the runs that are loaded. */
const LOOKED_AT = 50;

type Kind = Inputs["system"]["schema"]["kind"];

const loaded = (answers: readonly UseQueryResult<JsonSchema>[]): JsonSchema[] =>
  answers.flatMap(({ data }) => data ?? []);

/** Settings of the kinds that are there, and metrics of the first runs. */
export function useOwnColumns(runs: readonly RunRow[]): readonly string[] {
  const kinds = [...new Set(runs.map(({ kind }) => kind))] as Kind[];
  const schemas = useQueries({ queries: kinds.map((kind) => queries.schema(kind)), combine: loaded });
  const looked = runs.slice(0, LOOKED_AT).map(({ id }) => id);
  const { data: metrics } = useQuery({ ...queries.metricNames(looked), enabled: looked.length > 0 });
  return useMemo(() => {
    const keys = new Set(metrics?.names.map(({ key }) => metricName(key)) ?? []);
    const settings = new Set(schemas.flatMap((schema) => settingPaths(schema).map((path) => `config.${path}`)));
    return [...keys, ...settings];
  }, [metrics, schemas]);
}
