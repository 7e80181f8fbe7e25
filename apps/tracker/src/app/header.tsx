import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut, Menu as MenuIcon, Monitor, Moon, Search, Sun, UserRound } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { queries } from "../api/queries.ts";
import { logOut } from "../api/session.ts";
import { Button } from "../components/button.tsx";
import { Menu } from "../components/menu.tsx";
import { Select } from "../components/select.tsx";
import { Navigation } from "./navigation-list.tsx";
import { useProject } from "./project.ts";
import { setTheme, useTheme } from "./theme.ts";

export function Header({ onPalette }: { onPalette: () => void }) {
  return (
    <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-surface px-4 lg:px-6">
      <NavigationDrawer />
      <ProjectChoice />
      <div className="grow" />
      <Button
        onClick={onPalette}
        aria-keyshortcuts="Control+K"
        className="text-muted max-sm:w-9 max-sm:justify-center max-sm:px-0"
      >
        <Search aria-hidden />
        <span className="max-sm:sr-only">Search</span>
        <kbd className="rounded border border-line px-1 text-xs max-sm:hidden">Ctrl K</kbd>
      </Button>
      <ThemeChoice />
      <Account />
    </header>
  );
}

/** On narrow screens the pages' list comes in from the side. */
function NavigationDrawer() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <Button look="ghost" size="icon" aria-label="Pages" className="-ml-2 lg:hidden">
          <MenuIcon aria-hidden />
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-64 border-r border-line bg-surface shadow-2xl"
        >
          <Dialog.Title className="sr-only">Pages</Dialog.Title>
          <Navigation onGo={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function ProjectChoice() {
  const { project } = useProject();
  const { data } = useQuery(queries.projects());
  const navigate = useNavigate();
  const names = [...new Set([...(data?.projects.map(({ name }) => name) ?? []), project])].sort();
  return (
    <Select
      label="Project"
      value={project}
      onChange={(next) => void navigate({ to: ".", search: (before) => ({ ...before, project: next }) })}
      options={names.map((name) => ({ value: name, label: name }))}
      className="max-w-40 min-w-28 sm:max-w-60"
    />
  );
}

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };

function ThemeChoice() {
  const theme = useTheme();
  const Icon = THEME_ICONS[theme];
  return (
    <Menu
      label="Theme"
      items={[
        { label: "As the system", checked: theme === "system", onSelect: () => setTheme("system") },
        { label: "Light", checked: theme === "light", onSelect: () => setTheme("light") },
        { label: "Dark", checked: theme === "dark", onSelect: () => setTheme("dark") },
      ]}
    >
      <Button look="ghost" size="icon" aria-label="Theme">
        <Icon aria-hidden />
      </Button>
    </Menu>
  );
}

function Account() {
  const { data } = useQuery(queries.me());
  const navigate = useNavigate();
  return (
    <Menu
      label="Account"
      items={[
        {
          label: "Log out",
          icon: <LogOut aria-hidden />,
          onSelect: () => void logOut().then(() => navigate({ to: "/login" })),
        },
      ]}
    >
      <Button look="ghost" aria-label={`Account: ${data?.name ?? ""}`} className="max-sm:px-2">
        <UserRound aria-hidden />
        <span className="max-w-32 truncate max-sm:hidden">{data?.name}</span>
      </Button>
    </Menu>
  );
}
