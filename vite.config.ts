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
    // Browsers that do not preload modules load them a little later.
    modulePreload: { polyfill: false },
    // Swagger UI, which renders the API's documents, is large; the page itself does not load it.
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      // The build prints only what needs attention.
      checks: { pluginTimings: false },
      input: { index: here('web/index.html'), docs: here('web/docs.html'), network: here('web/network.ts') },
      preserveEntrySignatures: 'exports-only',
      output: { entryFileNames: ({ name }) => (name === 'network' ? 'network.js' : 'assets/[name]-[hash].js') },
    },
  },
});
