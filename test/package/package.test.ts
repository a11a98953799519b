/** The files that `npm publish` would upload. */

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, it } from 'vitest';
import { packageJson, ROOT, run } from '../support/package.ts';

const MEGABYTE = 1024 * 1024;
const PUBLISHED = /^((dist|src|cli)\/|models\/(README\.md|.*\.int8\.safetensors)$|(LICENSE|README\.md|package\.json)$)/;

describe('the tarball', () => {
  const [packed] = Object.values(JSON.parse(run('npm', ['pack', '--ignore-scripts', '--dry-run', '--json'], ROOT))) as {
    size: number;
    files: { path: string }[];
  }[];
  const paths = (packed?.files ?? []).map(({ path }) => path);

  it('is under 1 MB', () => {
    expect(packed?.size).toBeGreaterThan(0.1 * MEGABYTE);
    expect(packed?.size).toBeLessThan(MEGABYTE);
  });

  it('contains the build, its sources and the bundled model, and no other file', () => {
    expect(paths.filter((path) => !PUBLISHED.test(path))).toEqual([]);
  });

  it('contains every target of package.json’s exports', () => {
    const targets = [...JSON.stringify(packageJson(ROOT).exports).matchAll(/"\.\/([^"]+\.[a-z]+)"[,}]/g)];
    expect(targets.length).toBeGreaterThan(15);
    for (const [, target] of targets) expect(paths).toContain(target);
  });

  it('passes publint --strict', async () => {
    const { messages } = await publint({ pkgDir: ROOT, strict: true, pack: 'npm' });
    expect(messages.map((message) => formatMessage(message, packageJson(ROOT)))).toEqual([]);
  });
});
