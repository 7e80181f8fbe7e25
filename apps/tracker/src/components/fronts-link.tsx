import { Link, useNavigate } from "@tanstack/react-router";
import { LIMITS, textOfNames } from "@uniarm/core/schema";
import type { ReactNode } from "react";
import { useKeepList } from "../api/url-list.ts";

/** To these fronts, overlaid, however many they are. */
export function FrontsLink({
  ids,
  className,
  children,
}: {
  ids: readonly string[];
  className: string;
  children: ReactNode;
}) {
  const navigate = useNavigate();
  const keep = useKeepList();
  const text = textOfNames(ids);
  if (text.length <= LIMITS.listInUrl)
    return (
      <Link to="/fronts" search={{ ids: text }} className={className}>
        {children}
      </Link>
    );
  return (
    <button
      type="button"
      className={className}
      onClick={() => void navigate({ to: "/fronts", search: { idsIn: keep(ids).id } })}
    >
      {children}
    </button>
  );
}
