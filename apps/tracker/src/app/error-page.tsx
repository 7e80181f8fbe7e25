import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { OctagonX } from "lucide-react";
import { useEffect } from "react";
import { sentenceOf, statusOf } from "../api/errors.ts";
import { Button } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageTitle } from "../components/page-title.tsx";

/** In place of a page that could not be shown: the sentence says why. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const { reset: resetQueries } = useQueryErrorResetBoundary();
  const isMissing = statusOf(error) === 404;
  const isRefused = statusOf(error) === 401;
  useEffect(() => {
    if (isRefused) void router.navigate({ to: "/login", search: { to: router.state.location.href } });
  }, [isRefused, router]);
  return (
    <>
      <PageTitle title={isMissing ? "Not there" : "This page could not be shown"} />
      <EmptyState
        icon={OctagonX}
        title={sentenceOf(error)}
        action={
          <Button
            onClick={() => {
              resetQueries();
              reset();
              void router.invalidate();
            }}
          >
            Try again
          </Button>
        }
      />
    </>
  );
}
