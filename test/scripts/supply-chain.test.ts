/** Origin of packages, their known vulnerabilities, and the bills of materials. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOCK_FILES } from '../../scripts/lock-files.ts';
import { serve } from '../support/http.ts';
import { ENVIRONMENT, ROOT, run } from '../support/package.ts';

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

function readLock(folder: string): [path: string, entry: LockEntry][] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8'));
  return Object.entries<LockEntry>(packages).filter(([path]) => path !== '');
}

describe('the lock files', () => {
  it('are all checked', () => {
    const tracked = run('git', ['ls-files', '*package-lock.json'], ROOT).trim().split('\n');
    expect(tracked.sort()).toEqual(LOCK_FILES.map((folder) => join(folder, 'package-lock.json')).sort());
  });

  it.each(LOCK_FILES)('%s: every package has a version and SHA-512 of the registry', (folder) => {
    const entries = readLock(folder);
    expect(entries.length).toBeGreaterThan(10);
    for (const [path, { version, resolved, integrity, link }] of entries) {
      expect([path, link]).toEqual([path, undefined]);
      expect(path).toMatch(/^node_modules\//);
      expect(version).toMatch(/^\d+\.\d+\.\d+/);
      // 64 bytes. Without `resolved`, npm asks the registry.
      expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      if (resolved !== undefined) expect(resolved).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });

  it.each(LOCK_FILES)('%s: package.json names exact versions', (folder) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
    );
    const ranges: string[] = Object.values({ ...dependencies, ...devDependencies });
    expect(ranges.length).toBeGreaterThan(0);
    for (const range of ranges) expect(range).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$|^file:\.\.?$/);
  });
});

describe('npm run audit', () => {
  /** Runs the audit against a registry. */
  async function audit(listener: RequestListener): Promise<{ code: number | null; stdout: string }> {
    const registry = await serve((request, response) => {
      request.resume();
      request.on('end', () => listener(request, response));
    });
    const env = { ...ENVIRONMENT, npm_config_registry: registry, npm_config_fetch_retries: '0' };
    const child = spawn(process.execPath, ['scripts/audit.ts'], { cwd: ROOT, env });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout })));
  }

  it('says that it is skipped if the registry has no audit', async () => {
    const { code, stdout } = await audit((_, response) => response.writeHead(405).end());
    expect(stdout.match(/^\S+: skipped, because the registry does not answer: 405 /gm)).toHaveLength(LOCK_FILES.length);
    expect(code).toBe(0);
  });

  it('accepts packages without known vulnerabilities', async () => {
    const { code, stdout } = await audit((_, response) => response.end('{}'));
    expect(stdout).toBe(LOCK_FILES.map((folder) => `${folder}: 0 vulnerable packages\n`).join(''));
    expect(code).toBe(0);
  });

  it.each([
    ['high', 1],
    ['moderate', 1],
    ['low', 0],
  ])('a vulnerability that is %s: exit status %d', async (severity, status) => {
    // npm caches advisories by their id.
    const advisory = { id: Date.now(), url: 'http://x', title: 'bad', severity, vulnerable_versions: '*', cwe: [] };
    const { code, stdout } = await audit(({ url }, response) => {
      if (url?.endsWith('/advisories/bulk')) response.end(JSON.stringify({ papaparse: [advisory] }));
      else
        response.end(
          JSON.stringify({ name: 'papaparse', versions: { '5.7.1': { name: 'papaparse', version: '5.7.1' } } }),
        );
    });
    expect(stdout).toContain(`.: 1 vulnerable package\n  papaparse: ${severity}\n`);
    expect(code).toBe(status);
  });
});

describe('npm run sbom', () => {
  const write = () => execFileSync(process.execPath, ['scripts/sbom.ts'], { cwd: ROOT, env: ENVIRONMENT });
  const read = (name: string) => readFileSync(join(ROOT, 'build/sbom', name), 'utf8');
  write();
  const [development, published] = ['development', 'package'].map((name) => JSON.parse(read(`${name}.cdx.json`)));

  it('lists every package of the lock file, with its hash and licence', () => {
    const locked = new Set(
      readLock('.').map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`),
    );
    expect(new Set(development.components.map((component: { 'bom-ref': string }) => component['bom-ref']))).toEqual(
      locked,
    );
    for (const { hashes, purl } of development.components) {
      expect([purl, hashes[0].alg]).toEqual([expect.stringMatching(/^pkg:npm\//), 'SHA-512']);
    }
  });

  it('lists the bundled packages of the published package', () => {
    const licences = readFileSync(join(ROOT, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    const bundled = Array.from(
      licences.matchAll(/^(\S+) ([\d.]+) \(.+\)$/gm),
      ([, name, version]) => `${name}@${version}`,
    );
    const refs = published.components.map((component: { 'bom-ref': string }) => component['bom-ref']);
    expect(refs).toContain('assemblyscript@0.28.20');
    expect(refs.toSorted()).toEqual(bundled.toSorted());
    expect(published).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'edge-mlp' } } });
    for (const { licenses } of published.components) expect(licenses).toHaveLength(1);
    const known = new Set([...refs, published.metadata.component['bom-ref']]);
    for (const { ref, dependsOn } of published.dependencies)
      for (const name of [ref, ...dependsOn]) expect(known).toContain(name);
  });

  it('writes the same bytes again', () => {
    const before = readdirSync(join(ROOT, 'build/sbom')).map(read);
    write();
    expect(readdirSync(join(ROOT, 'build/sbom')).map(read)).toEqual(before);
  });
});
