/** Builds the page into build/web, which the Worker serves as static files. */
import { cpSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import packageJson from './package.json' with { type: 'json' };

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Files that examples of the API reference send: /examples/NAME. */
const EXAMPLES = ['inputs/digit.png', 'inputs/digit.raw', 'inputs/fruit.csv', 'pytorch/digits.onnx'];
const examples: Plugin = {
  name: 'examples',
  generateBundle() {
    for (const file of EXAMPLES) {
      const source = readFileSync(here(`examples/${file}`));
      this.emitFile({ type: 'asset', fileName: `examples/${basename(file)}`, source });
    }
  },
};

/** Writes the size of the kernels and the address of the source into the page, and adds the report of the assignment. */
function addFacts(): Plugin {
  return {
    name: 'edge-mlp-facts',
    transformIndexHtml(html) {
      const kilobytes = Math.round(statSync(here('build/kernels.wasm')).size / 1024);
      const { repository } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
      const source = String(repository?.url ?? repository ?? '').replace(/^git\+|\.git$/g, '');
      return html
        .replaceAll('%KERNELS_SIZE%', `${kilobytes} KB`)
        .replaceAll(/<a href="%SOURCE_URL%">(.*?)<\/a>/g, source === '' ? '' : `<a href="${source}">$1</a>`);
    },
    writeBundle() {
      cpSync(here('docs/report'), here('build/web/report'), { recursive: true });
    },
  };
}

export default defineConfig({
  root: here('web'),
  plugins: [addFacts(), examples],
  define: { VERSION: JSON.stringify(packageJson.version) },
  build: {
    outDir: here('build/web'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    // Browsers that do not preload modules load them a little later.
    modulePreload: { polyfill: false },
    rollupOptions: {
      // The build prints only what needs attention.
      checks: { pluginTimings: false },
      input: { index: here('web/index.html'), docs: here('web/docs.html'), network: here('web/network.ts') },
      preserveEntrySignatures: 'exports-only',
      output: { entryFileNames: ({ name }) => (name === 'network' ? 'network.js' : 'assets/[name]-[hash].js') },
    },
  },
});
