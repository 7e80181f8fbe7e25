import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";

/** Asks the server only what this key may see. */
export function NeedsScope({ scope, what, children }: { scope: string; what: string; children: ReactNode }) {
  const { data } = useQuery(queries.me());
  if (!data) return <SkeletonRows />;
  if (data.scopes.includes(scope)) return children;
  return (
    <EmptyState icon={Lock} title={`${what} keys with scope ${scope}.`}>
      You are logged in as {data.name} with {data.scopes.join(", ") || "no scope"}. Log in with another key.
    </EmptyState>
  );
}
