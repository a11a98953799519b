/** Bundlers for pages and for Node. */
import { PAGE, pageHtml, printingProgram } from './app.ts';
import type { Case } from './case.ts';

const vite = (version: string): Case => ({
  name: `vite-${version.split('.')[0]}`,
  where: 'Vite: dev and build',
  packages: [`vite@${version}`],
  async run(project) {
    project.write({ 'page.js': PAGE, 'index.html': pageHtml('./page.js'), 'public/mnist.bin': project.model });
    const dev = await project.startServer('vite', (port) => ['--host', '127.0.0.1', '--port', port, '--strictPort']);
    const inDev = await project.open(dev);
    await project.run('vite', ['build']);
    return [...inDev, ...(await project.open(await project.serve('dist')))];
  },
});

interface Bundler extends Pick<Case, 'name' | 'where' | 'packages'> {
  readonly files?: Record<string, string>;
  /** The tool and its arguments, which write out/page.js from page.js. */
  readonly command: readonly [tool: string, ...args: string[]];
  readonly script?: 'module' | 'text/javascript';
}

const bundler = ({ files, command: [tool, ...args], script, ...rest }: Bundler): Case => ({
  ...rest,
  async run(project) {
    project.write({ 'page.js': PAGE, 'out/mnist.bin': project.model, ...files });
    await project.run(tool, args);
    project.write({ 'out/index.html': pageHtml('./page.js', script) });
    return project.open(await project.serve('out'));
  },
});

/** A bundle for Node, which does not know where the package is. */
const nodeBundler = ({ command: [tool, ...args], ...rest }: Bundler): Case => ({
  ...rest,
  async run(project) {
    project.write({ 'main.js': printingProgram('module', "'mnist.bin'"), 'mnist.bin': project.model });
    await project.run(tool, args);
    return [await project.runJson('node', ['out.cjs'])];
  },
});

const ESBUILD = 'esbuild@0.28.2';
const ROLLUP = ['rollup@4.68.8', '@rollup/plugin-node-resolve@16.0.3'] as const;
const NODE_24 = 'node@24.21.0';
const ESBUILD_PAGE = ['esbuild', 'page.js', '--bundle', '--outfile=out/page.js'] as const;
/** For webpack and rspack, which have the same options. */
const WEBPACK_CONFIG = `export default {
  mode: 'production',
  entry: './page.js',
  output: { path: import.meta.dirname + '/out', filename: 'page.js' },
};`;

const parcel: Case = {
  name: 'parcel',
  where: 'Parcel',
  packages: ['parcel@2.16.4'],
  configuration: '`"@parcel/resolver-default": { "packageExports": true }` in package.json',
  async run(project) {
    const manifest = { private: true, '@parcel/resolver-default': { packageExports: true } };
    project.write({
      'package.json': JSON.stringify(manifest),
      'page.js': PAGE,
      'index.html': pageHtml('./page.js'),
      'out/mnist.bin': project.model,
    });
    await project.run('parcel', ['build', 'index.html', '--dist-dir', 'out', '--public-url', './', '--no-cache']);
    return project.open(await project.serve('out'));
  },
};

const policy: Case = {
  name: 'csp',
  where: 'strict Content-Security-Policy',
  packages: [ESBUILD],
  configuration: "`'wasm-unsafe-eval'` in `script-src`",
  async run(project) {
    project.write({ 'page.js': PAGE, 'out/index.html': pageHtml('./page.js'), 'out/mnist.bin': project.model });
    await project.run('esbuild', ESBUILD_PAGE.slice(1));
    const open = async (sources: string) =>
      project.open(
        await project.serve('out', { 'content-security-policy': `default-src 'self'; script-src ${sources}` }),
      );
    const [refused] = await open("'self'");
    const { code, message } = refused as { code?: string; message?: string };
    if (code !== 'unsupported' || !message?.includes("'wasm-unsafe-eval'")) throw new Error(JSON.stringify(refused));
    return open("'self' 'wasm-unsafe-eval'");
  },
};

export const bundlers: readonly Case[] = [
  ...['5.4.9', '6.4.6', '7.3.8', '8.3.8'].map(vite),
  bundler({
    name: 'webpack',
    where: 'webpack',
    packages: ['webpack@5.113.0', 'webpack-cli@7.3.1'],
    files: { 'webpack.config.mjs': WEBPACK_CONFIG },
    command: ['webpack'],
  }),
  bundler({
    name: 'rspack',
    where: 'rspack',
    packages: ['@rspack/core@2.3.3', '@rspack/cli@2.2.8'],
    files: { 'rspack.config.mjs': WEBPACK_CONFIG },
    command: ['rspack', 'build'],
  }),
  bundler({
    name: 'esbuild-esm',
    where: 'esbuild: ESM',
    packages: [ESBUILD],
    command: [...ESBUILD_PAGE, '--format=esm'],
  }),
  bundler({
    name: 'esbuild-iife',
    where: 'esbuild: IIFE',
    packages: [ESBUILD],
    command: [...ESBUILD_PAGE, '--format=iife'],
    script: 'text/javascript',
  }),
  nodeBundler({
    name: 'esbuild-cjs',
    where: 'esbuild: CJS, in Node',
    packages: [ESBUILD, NODE_24],
    command: ['esbuild', 'main.js', '--bundle', '--platform=node', '--format=cjs', '--outfile=out.cjs'],
  }),
  bundler({
    name: 'rollup-esm',
    where: 'rollup: ESM',
    packages: ROLLUP,
    command: ['rollup', 'page.js', '-p', 'node-resolve', '-f', 'es', '-o', 'out/page.js'],
  }),
  nodeBundler({
    name: 'rollup-cjs',
    where: 'rollup: CJS, in Node',
    packages: [...ROLLUP, NODE_24],
    command: ['rollup', 'main.js', '-p', 'node-resolve', '-f', 'cjs', '-o', 'out.cjs', '-e', 'node:fs'],
  }),
  bundler({
    name: 'rolldown',
    where: 'rolldown',
    packages: ['rolldown@1.2.19'],
    command: ['rolldown', 'page.js', '--file', 'out/page.js', '--platform', 'browser'],
  }),
  parcel,
  policy,
];
