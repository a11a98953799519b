/**
 * Bundles of the published package: everything that needs other packages. The licences of the
 * bundled packages go into dist/THIRD-PARTY-LICENSES.txt.
 */
import { defineConfig, type Plugin } from 'rolldown';
import { licences } from './scripts/licences.ts';
import { findPackage } from './scripts/packages.ts';

const target = 'es2024';
const plugins = [licences('dist/THIRD-PARTY-LICENSES.txt')];

/** Leaves out transforms for maps, graphs, trees and texts: no plot of a report has them, and they take 100 KB. */
const fewerTransforms: Plugin = {
  name: 'fewer-transforms',
  resolveId: {
    filter: { id: /^vega-(crossfilter|force|geo|hierarchy|label|regression|voronoi|wordcloud)$/ },
    handler: (id, importer) => (importer !== undefined && findPackage(importer)?.name === 'vega' ? `\0${id}` : null),
  },
  load: { filter: { id: /^\0vega-/ }, handler: () => 'export {};' },
};

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
  plugins: [fewerTransforms, ...plugins],
  output: {
    dir: 'dist/cli',
    chunkFileNames: 'chunks/[name].js',
    minify: true,
    // One file for everything that the command, its threads and its reports share: each file costs a millisecond.
    codeSplitting: {
      groups: [
        { name: 'shared', minShareCount: 2, test: /[\\/](?:src|cli)[\\/](?!report[\\/]|assignment[\\/]).*\.ts$/ },
      ],
    },
  },
});

/** The loader creates a TextDecoder on import, only for messages of abort(). Jest with jsdom has no TextDecoder. */
const lazyTextDecoder: Plugin = {
  name: 'lazy-text-decoder',
  transform: {
    filter: { id: /@assemblyscript\/loader/ },
    handler(code) {
      const eager = 'new TextDecoder("utf-16le", { fatal: true })';
      if (!code.includes(eager)) throw new Error(`@assemblyscript/loader: expected ${eager}`);
      return { code: code.replace(eager, `{ decode: (text) => ${eager}.decode(text) }`), map: null };
    },
  },
};

/**
 * Writes inline.d.cts. It refers to the declarations of the ES module by an import of types, because TypeScript refuses
 * other imports of ES modules in CommonJS (TS1479). A class is a value and a type.
 */
const commonJsTypes: Plugin = {
  name: 'commonjs-types',
  generateBundle(_, bundle) {
    const module = "'./src/runtime/inline.js' with { 'resolution-mode': 'import' };";
    const names = Object.values(bundle).flatMap((output) => (output.type === 'chunk' ? output.exports : []));
    const classes = names.filter((name) => /^[A-Z][a-z]/.test(name));
    const lines = [
      `import type * as library from ${module}`,
      `export type * from ${module}`,
      ...names.map((name) => `export declare const ${name}: typeof library.${name};`),
      ...classes.map((name) => `export type ${name} = library.${name};`),
    ];
    this.emitFile({ type: 'asset', fileName: 'inline.d.cts', source: `${lines.join('\n')}\n` });
  },
};

/** The library in one file. */
const inline = defineConfig({
  input: 'src/runtime/inline.ts',
  platform: 'browser',
  transform: { target },
  plugins: [lazyTextDecoder, ...plugins],
  output: { file: 'dist/inline.js', minify: true },
});

/** The same for tools that cannot require() ES modules. */
const inlineCommonJs = defineConfig({
  ...inline,
  plugins: [lazyTextDecoder, commonJsTypes, ...plugins],
  output: { file: 'dist/inline.cjs', format: 'cjs', minify: true },
});

/** Modules of the library that import packages: they replace the files that the compiler wrote. */
const MODULES = ['core/kernels', 'data/csv-rows', 'format/onnx/messages'];

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
  plugins: [otherModules, lazyTextDecoder, ...plugins],
  output: {
    dir: 'dist/src',
    // Errors and debuggers show the names of classes.
    minify: { mangle: { toplevel: false } },
    chunkFileNames: 'packages/[name].js',
    codeSplitting: { groups: [{ name: (id) => findPackage(id)?.name ?? null, debugName: 'packages' }] },
  },
});

export default [command, inline, inlineCommonJs, library];
