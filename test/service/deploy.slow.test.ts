/** wrangler deploy, up to the upload. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { cloneRepository } from '../support/clone.ts';
import { ROOT } from '../support/package.ts';

it('deploys without configuration, with at most 250 KB besides the model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-deploy-'));
  try {
    for (const more of [[], ['--env', 'paid']]) {
      const args = ['wrangler', 'deploy', '--dry-run', '--outdir', folder, ...more];
      const { status, stdout, stderr } = spawnSync('npx', args, { cwd: ROOT, encoding: 'utf8' });
      expect(`${stdout}${stderr}`).toContain('--dry-run: exiting now');
      expect(status).toBe(0);
    }
    const files = readdirSync(folder).filter((name) => !/\.(safetensors|map|md)$/.test(name));
    expect(files).toEqual(expect.arrayContaining(['index.js', expect.stringMatching(/kernels\.wasm$/)]));
    const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
    expect(bytes).toBeLessThanOrEqual(250_000);
    // Workers forbid code generation from strings.
    expect(readFileSync(join(folder, 'index.js'), 'utf8')).not.toMatch(/\beval\(|createRequire|\brequire\("fs"\)/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
