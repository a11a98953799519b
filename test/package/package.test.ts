/** The files that `npm publish` would upload. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import bundles from '../../rolldown.config.ts';
import { findPackage } from '../../scripts/packages.ts';
import { packageJson, ROOT, run } from '../support/package.ts';

const MEGABYTE = 1024 * 1024;
/** Links of documents other than README.md to files of the repository that the tarball leaves out. */
const LEFT_OUT = /^(docs\/(report|distortions|reliability)|examples\/pytorch|models\/drawings|test|worker)\b/;

const [packed] = Object.values(JSON.parse(run('npm', ['pack', '--ignore-scripts', '--dry-run', '--json'], ROOT))) as {
  size: number;
  files: { path: string }[];
}[];
const paths = (packed?.files ?? []).map(({ path }) => path);

describe('the tarball', () => {
  it('is under 1.4 MB', () => {
    expect(packed?.size).toBeGreaterThan(0.1 * MEGABYTE);
    expect(packed?.size).toBeLessThan(1.4 * MEGABYTE);
  });

  it('contains the build and files of the repository, and neither sources nor source maps', () => {
    const tracked = new Set(run('git', ['ls-files'], ROOT).split('\n'));
    expect(paths.filter((path) => !path.startsWith('dist/') && !tracked.has(path))).toEqual([]);
    expect(paths.filter((path) => /\.map$|^(src|cli|worker|assembly)\/.*(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('contains every target of package.json’s exports', () => {
    const targets = [...JSON.stringify(packageJson(ROOT).exports).matchAll(/"\.\/([^"]+\.[a-z]+)"[,}]/g)];
    expect(targets.length).toBeGreaterThan(15);
    for (const [, target] of targets) expect(paths).toContain(target);
  });

  it('has no script that npm runs in a project that installs it', () => {
    const { scripts } = packageJson(ROOT);
    const names = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
    for (const name of names) expect(scripts).not.toHaveProperty(name);
  });

  it('has every file that its documents link to', () => {
    const documents = paths.filter((path) => path.endsWith('.md'));
    const links = documents.flatMap((document) => listLinks(document).map((target) => ({ document, target })));
    const folders = new Set(
      paths.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))),
    );
    const dead = links.filter(({ target }) => !paths.includes(target) && !folders.has(target));
    expect(links.filter(({ document }) => document === 'README.md').length).toBeGreaterThan(20);
    expect(dead.filter(({ document, target }) => document === 'README.md' || !LEFT_OUT.test(target))).toEqual([]);
  });

  it('passes publint --strict', async () => {
    const { messages } = await publint({ pkgDir: ROOT, strict: true, pack: 'npm' });
    expect(messages.map((message) => formatMessage(message, packageJson(ROOT)))).toEqual([]);
  });
});

/** Relative links of a document, as paths in the package. */
function listLinks(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8').replace(/```[\s\S]*?```/g, '');
  const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^\w+:/.test(link)).map((link) => join(document, '..', link));
}

describe('the licences of bundled packages', () => {
  const text = readFileSync(join(ROOT, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const sections = text.split(/^─+$/m).map((section) => {
    const [titles = '', ...texts] = section.trim().split('\n\n');
    const packages = titles.split('\n').map((title) => /^(\S+) ([\d.]+) \((.*)\)$/.exec(title)?.slice(1) ?? [title]);
    return { packages, text: texts.join('\n\n') };
  });

  it('name every package whose code is in the bundles', async () => {
    const sources = await Promise.all(bundles.map(listSources));
    const versions = sources.flat().flatMap((source) => {
      const folder = findPackage(source)?.folder;
      return folder === undefined ? [] : [readPackage(folder)];
    });
    const named = sections.flatMap(({ packages }) => packages.map(([name, version]) => `${name} ${version}`));
    expect(new Set(versions).size).toBeGreaterThan(50);
    expect(named.toSorted()).toEqual([...new Set([...versions, readPackage('node_modules/assemblyscript')])].sort());
  });

  it('are permissive, and have a copyright notice and a text each', () => {
    for (const { packages, text } of sections) {
      for (const [, , licence] of packages) {
        expect(licence).toMatch(/^(MIT|ISC|BSD-3-Clause|Apache-2\.0|\(Apache-2\.0 AND BSD-3-Clause\))$/);
      }
      expect(text).toMatch(/copyright/i);
      expect(text.length, packages.join()).toBeGreaterThan(500);
    }
  });

  /** Paths of the modules whose code is in a bundle, as its source maps name them. */
  async function listSources(options: (typeof bundles)[number]): Promise<string[]> {
    const { output, plugins, ...input } = options;
    const kept = [plugins].flat().filter((plugin) => !(plugin && 'name' in plugin && plugin.name === 'licences'));
    const bundle = await rolldown({ ...input, cwd: ROOT, plugins: kept });
    const chunks = await bundle.generate({ ...[output].flat()[0], minify: false, sourcemap: true });
    const maps = chunks.output.flatMap((chunk) => (chunk.type === 'chunk' && chunk.map ? [chunk.map.sources] : []));
    return maps.flat();
  }

  function readPackage(folder: string): string {
    const path = folder.replace(/^(\.\.\/)+/, '');
    const { name, version } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
    return `${name} ${version}`;
  }
});
