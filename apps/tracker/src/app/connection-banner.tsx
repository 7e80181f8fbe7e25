import { useQueryClient } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { connection, type Trouble } from "../api/connection.ts";

/** A blink is not worth a banner. */
const PATIENCE_MS = 700;
const LOOK_MS = 2000;

const SENTENCES: Record<Trouble, string> = {
  away: "The server does not answer: reconnecting… What you see may be out of date.",
  waiting:
    "A request has waited for more than 10 s: the server is busy, or this browser has no connection to it left. Close other tabs of it if this stays.",
  crowded:
    "More pages are open than the server sends news to: this one is not kept current. Close others, or reload it.",
};

/** Says that the server is away, asks until it is back, and then reads everything again. */
export function ConnectionBanner() {
  const trouble = useSyncExternalStore(connection.subscribe, connection.trouble);
  const away = trouble === "away";
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
  const said = shown ? "away" : away ? null : trouble;
  return (
    <div role="status" aria-live="polite">
      {said !== null && (
        <p className="flex items-center gap-2 bg-warn-soft px-4 py-2 font-medium text-warn lg:px-6">
          <Unplug aria-hidden className="size-4 shrink-0" />
          {SENTENCES[said]}
        </p>
      )}
    </div>
  );
}
