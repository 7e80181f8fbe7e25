import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { DESTINATIONS } from "./navigation.ts";

/** A letter after g counts for so long. */
const PAUSE_MS = 1200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Ctrl+K: the palette; g, then a letter: a page; /: the search field of the page. */
export function useShortcuts({ onPalette }: { onPalette: () => void }): void {
  const navigate = useNavigate();
  const goAt = useRef(0);
  const palette = useRef(onPalette);
  useEffect(() => {
    palette.current = onPalette;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        palette.current();
        return;
      }
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "g") goAt.current = Date.now();
      else if (Date.now() - goAt.current < PAUSE_MS) {
        goAt.current = 0;
        const found = DESTINATIONS.find(({ letter }) => letter === event.key);
        if (found) void navigate({ to: found.to });
      } else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("[data-page-search]");
        if (field) {
          event.preventDefault();
          field.focus();
        }
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate]);
}
