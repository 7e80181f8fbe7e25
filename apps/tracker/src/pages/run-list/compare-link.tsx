import { Link, useNavigate } from "@tanstack/react-router";
import { LIMITS, textOfNames } from "@uniarm/core/schema";
import { GitCompareArrows } from "lucide-react";
import { useKeepList } from "../../api/url-list.ts";
import { Button, buttonLook } from "../../components/button.tsx";

/** To the comparison of these runs, however many they are. */
export function CompareLink({ ids }: { ids: readonly string[] }) {
  const navigate = useNavigate();
  const keep = useKeepList();
  const text = textOfNames(ids);
  const label = (
    <>
      <GitCompareArrows aria-hidden />
      Compare
    </>
  );
  if (text.length <= LIMITS.listInUrl)
    return (
      <Link to="/compare" search={{ runs: text }} className={buttonLook("plain")}>
        {label}
      </Link>
    );
  return <Button onClick={() => void navigate({ to: "/compare", search: { runsIn: keep(ids).id } })}>{label}</Button>;
}
