import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Header } from "./header.tsx";
import { useLiveProject } from "../api/live.ts";
import { Navigation } from "./navigation-list.tsx";
import { Palette } from "./palette.tsx";
import { useProject } from "./project.ts";
import { useShortcuts } from "./shortcuts.ts";

/** The frame around every page. */
export function Layout() {
  const [paletteOpen, setPaletteOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const { project, exists } = useProject();
  useLiveProject(exists ? project : null);
  useShortcuts({ onPalette: () => setPaletteOpen((open) => !open) });
  const first = useRef(true);
  useEffect(() => {
    // whoever changes the page by keyboard continues in the new one
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);
  return (
    <>
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 text-accent-ink focus:translate-y-0"
      >
        Skip to the content
      </a>
      <div className="lg:grid lg:grid-cols-[13rem_minmax(0,1fr)]">
        <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-surface lg:flex">
          <Navigation />
        </aside>
        <div className="flex min-h-dvh min-w-0 flex-col">
          <Header onPalette={() => setPaletteOpen(true)} />
          <ConnectionBanner />
          <main id="main" ref={main} tabIndex={-1} className="w-full min-w-0 grow p-4 outline-none lg:p-6">
            <Outlet />
          </main>
        </div>
      </div>
      <Palette open={paletteOpen} onOpenChange={setPaletteOpen} />
    </>
  );
}
