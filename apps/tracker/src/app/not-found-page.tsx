import { Link } from "@tanstack/react-router";
import { MapPinOff } from "lucide-react";
import { buttonLook } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageTitle } from "../components/page-title.tsx";

export function NotFoundPage() {
  return (
    <main className="mx-auto max-w-3xl p-6">
      <PageTitle title="No such page" />
      <EmptyState
        icon={MapPinOff}
        title="There is no page at this address."
        action={
          <Link to="/" className={buttonLook("primary")}>
            To the overview
          </Link>
        }
      />
    </main>
  );
}
