import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import { PendingPage } from "../../app/pending-page.tsx";
import { RunView } from "./run-view.tsx";

export function RunPage() {
  const { id } = useParams({ from: "/shell/runs/$id" });
  const { data: run } = useQuery(queries.run(id));
  return run ? <RunView key={run.id} run={run} /> : <PendingPage />;
}
