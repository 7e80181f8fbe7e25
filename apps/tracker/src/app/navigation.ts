import {
  ChartSpline,
  GitCompareArrows,
  LayoutDashboard,
  ListTree,
  MessagesSquare,
  Rocket,
  Settings,
  type LucideIcon,
} from "lucide-react";

export interface Destination {
  to: "/" | "/launch" | "/runs" | "/compare" | "/fronts" | "/playground" | "/settings";
  label: string;
  icon: LucideIcon;
  /** pressed after g */
  letter: string;
}

export const DESTINATIONS: readonly Destination[] = [
  { to: "/", label: "Overview", icon: LayoutDashboard, letter: "o" },
  { to: "/launch", label: "Launch", icon: Rocket, letter: "l" },
  { to: "/runs", label: "Runs", icon: ListTree, letter: "r" },
  { to: "/compare", label: "Compare", icon: GitCompareArrows, letter: "c" },
  { to: "/fronts", label: "Fronts", icon: ChartSpline, letter: "f" },
  { to: "/playground", label: "Playground", icon: MessagesSquare, letter: "p" },
  { to: "/settings", label: "Settings", icon: Settings, letter: "s" },
];
