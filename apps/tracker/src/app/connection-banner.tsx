import { useQueryClient } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { connection } from "../api/connection.ts";

/** A blink is not worth a banner. */
const PATIENCE_MS = 700;
const LOOK_MS = 2000;

/** Says that the server is away, asks until it is back, and then reads everything again. */
export function ConnectionBanner() {
  const away = useSyncExternalStore(connection.subscribe, connection.isAway);
  const client = useQueryClient();
  const [shown, setShown] = useState(false);
  const wasAway = useRef(false);
  useEffect(() => {
    if (!away) {
      if (wasAway.current) void client.invalidateQueries();
      wasAway.current = false;
      const timer = setTimeout(() => setShown(false), 0);
      return () => clearTimeout(timer);
    }
    wasAway.current = true;
    const patience = setTimeout(() => setShown(true), PATIENCE_MS);
    const look = setInterval(() => {
      fetch("/health").then(
        ({ ok }) => (ok ? connection.found("requests") : undefined),
        () => undefined, // still away
      );
    }, LOOK_MS);
    return () => {
      clearTimeout(patience);
      clearInterval(look);
    };
  }, [away, client]);
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <p className="flex items-center gap-2 bg-warn-soft px-4 py-2 font-medium text-warn lg:px-6">
          <Unplug aria-hidden className="size-4 shrink-0" />
          The server does not answer: reconnecting… What you see may be out of date.
        </p>
      )}
    </div>
  );
}
