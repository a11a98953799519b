/** wrangler deploy, up to the upload. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { cloneRepository } from '../support/clone.ts';
import { ROOT } from '../support/package.ts';

const { env } = parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')) as { env: Record<string, unknown> };

it.each(['', ...Object.keys(env)])('deploys the environment "%s" with at most 220 KB of JavaScript', (name) => {
  const folder = temporaryFolder();
  const args = ['wrangler', 'deploy', '--dry-run', '--outdir', folder, `--env=${name}`];
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: ROOT, encoding: 'utf8' });
  expect(`${stdout}${stderr}`).toContain('--dry-run: exiting now');
  expect(status).toBe(0);
  const files = readdirSync(folder);
  expect(files).toEqual(expect.arrayContaining([expect.stringMatching(/kernels\.wasm$/)]));
  const scripts = files.filter((file) => file.endsWith('.js')).map((file) => readFileSync(join(folder, file)));
  expect(scripts).toHaveLength(1);
  expect(gzipSync(scripts[0] ?? '').length).toBeLessThanOrEqual(220_000);
  // Workers forbid code generation from strings.
  expect(String(scripts[0])).not.toMatch(/\beval\(|createRequire|\brequire\("fs"\)/);
});

it('refuses to deploy an environment whose predictions are open by mistake', () => {
  const clone = temporaryFolder();
  cloneRepository(clone, { built: true });
  const file = join(clone, 'wrangler.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('PREDICT_ACCESS = "open"', 'PREDICT_ACCESS = "token"'));
  const args = ['wrangler', 'deploy', '--dry-run', '--env', 'paid'];
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: clone, encoding: 'utf8' });
  expect(stderr).toContain('env.paid.vars.PREDICT_ACCESS: expected "token", as in vars, got "open"');
  expect(stdout).not.toContain('exiting now');
  expect(status).toBe(1);
});
