// Before the first paint and the first module. A file of its own: the Content-Security-Policy allows no inline script.

// a dark page must not flash white
const chosen = localStorage.getItem("uniarm.theme");
const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark", dark);

// this file lies where the server's paths begin, also behind a proxy that puts /something before them
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
Object.assign(globalThis, { uniarmBase: new URL(".", src).pathname.replace(/\/$/, "") });

// browsers look for the icon anew when a page moves to another address, from where a relative path leads elsewhere
const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
icon.setAttribute("href", icon.href);

// the policy allows no eval either: zod would try it, and the browser would report that
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
