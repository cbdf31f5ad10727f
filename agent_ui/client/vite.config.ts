import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// Built files go where Flask serves them; nothing is inlined into the page, so that the content policy can forbid it.
export default defineConfig({
  plugins: [vue()],
  build: {
    outDir: "../static/app",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8080", "/live": { target: "http://127.0.0.1:8080", ws: true } },
  },
});
