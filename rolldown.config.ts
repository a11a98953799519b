/**
 * Bundles of the published package: everything that needs packages other than its dependencies. The licences of the
 * bundled packages go into dist/THIRD-PARTY-LICENSES.txt.
 */
import { defineConfig, type Plugin } from 'rolldown';
import { findPackage, licences } from './scripts/licences.ts';

const target = 'es2024';
const plugins = [licences('dist/THIRD-PARTY-LICENSES.txt')];

/** The command. Charts load when a report is written. */
const command = defineConfig({
  input: {
    main: 'cli/main.ts',
    // Threads start from files. Chunks are as deep in dist as src/runtime, so that relative paths to files stay valid.
    'chunks/run-thread': 'cli/experiments/run-thread.ts',
    'chunks/team-thread': 'src/runtime/team-thread.ts',
  },
  platform: 'node',
  transform: { target },
  plugins,
  output: { dir: 'dist/cli', chunkFileNames: 'chunks/[name].js', minify: true },
});

/** The library for pages without a bundler. */
const standalone = defineConfig({
  input: 'src/runtime/standalone.ts',
  platform: 'browser',
  transform: { target },
  plugins,
  output: { file: 'dist/src/runtime/standalone.js', minify: true },
});

/** Modules of the library that import packages: they replace the files that the compiler wrote. */
const MODULES = ['data/csv-rows', 'data/png', 'data/png-guard', 'format/onnx/messages'];

/** Keeps the imports of other modules of the library. */
const otherModules: Plugin = {
  name: 'other-modules',
  resolveId: (id, importer) =>
    id.startsWith('.') && importer !== undefined && findPackage(importer) === undefined
      ? { id: id.replace(/\.ts$/, '.js'), external: true }
      : null,
};

const library = defineConfig({
  input: Object.fromEntries(MODULES.map((module) => [module, `src/${module}.ts`])),
  platform: 'neutral',
  resolve: { mainFields: ['module', 'main'] },
  // Without this, papaparse requires Node's streams.
  transform: { target, define: { PAPA_BROWSER_CONTEXT: 'true' } },
  plugins: [otherModules, ...plugins],
  output: {
    dir: 'dist/src',
    chunkFileNames: 'packages/[name].js',
    codeSplitting: { groups: [{ name: (id) => findPackage(id)?.name ?? null, debugName: 'packages' }] },
  },
});

export default [command, standalone, library];
