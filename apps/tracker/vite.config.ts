import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compressed } from "./tooling/compressed.ts";

/** `pnpm dev` shows these pages beside a server that runs already. */
const SERVER = process.env.UNIARM_SERVER ?? "http://127.0.0.1:4747";

export default defineConfig({
  root: import.meta.dirname,
  base: "./", // wherever a proxy puts them
  plugins: [react(), tailwind(), compressed()],
  worker: { format: "es" },
  build: {
    target: "es2023",
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: but images
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/trpc": SERVER, "/api": SERVER, "/health": SERVER } },
});
