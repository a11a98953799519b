/** Builds the page into build/web, which the Worker serves as static files. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('web'),
  build: {
    outDir: here('build/web'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    // Where a browser does not preload modules, it loads them a little later.
    modulePreload: { polyfill: false },
    // The renderer of the API's documents is as large as it is, and no part of the page.
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: { index: here('web/index.html'), docs: here('web/docs.html'), network: here('web/network.ts') },
      preserveEntrySignatures: 'exports-only',
      output: { entryFileNames: ({ name }) => (name === 'network' ? 'network.js' : 'assets/[name]-[hash].js') },
    },
  },
});
