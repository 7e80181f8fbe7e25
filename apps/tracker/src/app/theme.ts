import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** public/early.js reads it before the first paint. */
const KEY = "uniarm.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

const read = (): Theme => THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "system";
const isDark = (): boolean => document.documentElement.classList.contains("dark");

function apply(): void {
  const theme = read();
  document.documentElement.classList.toggle("dark", theme === "dark" || (theme === "system" && system.matches));
  listeners.forEach((listener) => listener());
}
system.addEventListener("change", apply);

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, read);
/** For what cannot read CSS variables: charts. */
export const useIsDark = (): boolean => useSyncExternalStore(subscribe, isDark);
