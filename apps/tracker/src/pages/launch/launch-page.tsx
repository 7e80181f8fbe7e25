import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import { PageTitle } from "../../components/page-title.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import type { JsonSchema } from "../../form/json-schema.ts";
import { launchSchema } from "../../form/launch-schema.ts";
import type { LaunchKind } from "@uniarm/pipeline/schema";
import { LaunchForm } from "./launch-form.tsx";
import { StartChoice } from "./start-choice.tsx";
import { useStart } from "./use-start.ts";

export function LaunchPage() {
  const search = useSearch({ from: "/shell/launch" });
  const { start, isPending } = useStart(search);
  const schema = useLaunchSchema(start?.kind ?? null);
  if (isPending || (start && !schema))
    return (
      <>
        <PageTitle title="Launch" />
        <SkeletonRows rows={10} />
      </>
    );
  return start && schema ? <LaunchForm key={start.key} start={start} schema={schema} /> : <StartChoice />;
}

function useLaunchSchema(kind: LaunchKind | null): JsonSchema | null {
  const { data: own } = useQuery({ ...queries.schema(kind ?? "train"), enabled: kind !== null });
  const { data: train } = useQuery({ ...queries.schema("train"), enabled: kind !== null });
  const { data: decode } = useQuery({ ...queries.schema("decode"), enabled: kind !== null });
  return kind !== null && own && train && decode ? launchSchema(kind, own, { train, decode }) : null;
}
