// Before the first paint and the first module. A file of its own: the Content-Security-Policy allows no inline script.

// a dark page must not flash white
const chosen = localStorage.getItem("uniarm.theme");
const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark", dark);

// the policy allows no eval either: zod would try it, and the browser would report that
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
