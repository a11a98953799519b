/**
 * Bundles of the published package: everything that needs other packages. The licences of the
 * bundled packages go into dist/THIRD-PARTY-LICENSES.txt.
 */
import { defineConfig, type Plugin } from 'rolldown';
import manifest from './package.json' with { type: 'json' };
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

const TEXT_DECODER = 'new TextDecoder("utf-16le", { fatal: true })';
/**
 * Replacements in the loader, so that importing it has no effect. It creates a TextDecoder, only for messages of abort();
 * Jest with jsdom has none. Bundlers keep an assignment to Object.hasOwn in every app; all runtimes have this function.
 */
const LOADER = {
  [TEXT_DECODER]: `{ decode: (text) => ${TEXT_DECODER}.decode(text) }`,
  'Object.hasOwn = Object.hasOwn || ': 'const hasOwn = ',
};

const loaderWithoutEffects: Plugin = {
  name: 'loader-without-effects',
  transform: {
    filter: { id: /@assemblyscript\/loader/ },
    handler(code) {
      for (const [effect, replacement] of Object.entries(LOADER)) {
        if (!code.includes(effect)) throw new Error(`@assemblyscript/loader: expected ${effect}`);
        code = code.replace(effect, replacement);
      }
      return { code, map: null };
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
  plugins: [loaderWithoutEffects, ...plugins],
  output: { file: 'dist/inline.js', minify: true },
});

/** The same for tools that cannot require() ES modules. */
const inlineCommonJs = defineConfig({
  ...inline,
  plugins: [loaderWithoutEffects, commonJsTypes, ...plugins],
  output: { file: 'dist/inline.cjs', format: 'cjs', minify: true },
});

/** The entries of the package, and the threads of a team, which start from a file. */
const entries = [...JSON.stringify(manifest.exports).matchAll(/dist\/(src\/[^"]+)\.js/g)].map(
  ([, entry = '']) => entry,
);

/** The compiled kernels, which bundlers for Workers import. */
const compiledKernels: Plugin = {
  name: 'compiled-kernels',
  resolveId: { filter: { id: /\.wasm$/ }, handler: (id) => ({ id, external: true }) },
};

/** The entries of the package, and one chunk for what they share: Node needs about half a millisecond for each file. */
const library = defineConfig({
  input: Object.fromEntries([...entries, 'src/runtime/team-thread'].map((entry) => [entry, `${entry}.ts`])),
  platform: 'neutral',
  external: /^node:/,
  resolve: { mainFields: ['module', 'main'] },
  // Without this, papaparse requires Node's streams.
  transform: { target, define: { PAPA_BROWSER_CONTEXT: 'true' } },
  plugins: [compiledKernels, loaderWithoutEffects, ...plugins],
  output: {
    dir: 'dist',
    // As deep as src/runtime, so that relative paths to files stay valid.
    chunkFileNames: 'src/shared/[name].js',
    codeSplitting: { groups: [{ name: 'library', minShareCount: 2 }] },
    // Errors and debuggers show the names of classes.
    minify: { mangle: { toplevel: false } },
  },
});

export default [command, inline, inlineCommonJs, library];
