import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useUrlList } from "../../api/url-list.ts";
import type { FrontsSearch } from "../../app/search.ts";
import { ExplorerSkeleton } from "./explorer-skeleton.tsx";
import { FrontList } from "./front-list.tsx";
import { Overlay } from "./overlay.tsx";

/** The list of fronts; with ids in the URL, those fronts overlaid. */
export function FrontsPage() {
  const search = useSearch({ from: "/shell/fronts" });
  const navigate = useNavigate({ from: "/fronts" });
  const onSearch = useCallback(
    (changes: Partial<FrontsSearch>) =>
      void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false, replace: true }),
    [navigate],
  );
  const { items: ids = [], isPending } = useUrlList({ text: search.ids, id: search.idsIn });
  if (search.idsIn !== undefined && isPending) return <ExplorerSkeleton />;
  return ids.length > 0 ? (
    <Overlay ids={ids} search={search} onSearch={onSearch} />
  ) : (
    <FrontList search={search} onSearch={onSearch} />
  );
}
