/** npm run dev with the command, and the files that are deployed. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { digitsDataset } from '../../src/data/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { ROOT } from '../support/package.ts';
import { startService } from '../support/service.ts';

const MODEL = join(ROOT, 'models/mnist-784-300-10.int8.safetensors');

describe('npm run dev', () => {
  it('serves the page and the API, accepts tokens of edge-mlp token, and stops cleanly on Ctrl-C', async () => {
    const folder = temporaryFolder();
    const made = await edgeMlp(['token', '--name', 'laptop', '--scopes', 'admin', '--json']);
    const { token, line } = JSON.parse(made.stdout);
    const readTokenFile = () => statSync(join(ROOT, '.dev.vars'), { throwIfNoEntry: false })?.mtimeMs;
    const before = readTokenFile();
    const service = await startService({ tokens: line });
    try {
      const page = await fetch(service.url);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await page.text()).toContain('Draw a digit');
      expect((await fetch(`${service.url}/docs`)).status).toBe(200);

      // The command returns the predictions of the library.
      const digits = digitsDataset({ samples: 3, seed: 8 });
      const png = encode({
        width: 28,
        height: 28,
        data: Uint8Array.from(digits.inputs.subarray(0, 784)),
        channels: 1,
        depth: 8,
      });
      writeFileSync(join(folder, 'digit.png'), png);
      writeFileSync(
        join(folder, 'digits.json'),
        JSON.stringify([0, 1, 2].map((n) => [...digits.inputs.subarray(784 * n, 784 * (n + 1))])),
      );
      const files = ['digit.png', 'digits.json'];
      const local = await edgeMlp(['predict', MODEL, ...files, '--json'], { cwd: folder });
      const remote = await edgeMlp(['predict', '--remote', service.url, 'mnist@0', ...files, '--json'], {
        cwd: folder,
      });
      expect(remote.stderr).toBe('');
      expect(JSON.parse(remote.stdout).predictions).toEqual(JSON.parse(local.stdout).predictions);
      const unknown = await edgeMlp(['predict', '--remote', service.url, 'missing', 'digit.png'], { cwd: folder });
      expect(unknown).toMatchObject({ code: 1 });
      expect(unknown.stderr).toMatch(/^error: 127\.0\.0\.1:\d+: model missing not found\n$/);

      const put = (authorization: string) =>
        fetch(`${service.url}/models/mine/versions/1`, {
          method: 'PUT',
          headers: { authorization },
          body: readFileSync(MODEL),
        });
      expect((await put('Bearer wrong')).status).toBe(401);
      expect((await put(`Bearer ${token}`)).status).toBe(201);
    } finally {
      await service.stop();
    }
    await expect(fetch(service.url)).rejects.toThrow();
    expect(readTokenFile()).toBe(before);
    const gone = await edgeMlp(['predict', '--remote', service.url, 'mnist', 'digit.png'], { cwd: folder });
    expect(gone.stderr).toContain('cannot be reached');
    const wrong = await edgeMlp(['predict', '--remote', 'ftp://x', 'mnist', 'digit.png'], { cwd: folder });
    expect(wrong).toMatchObject({ code: 2 });
  });
});

describe('the deployed files', () => {
  it('have a page with at most 60 KB of compressed script and no requests to other hosts', () => {
    const folder = join(ROOT, 'build/web');
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    const scripts = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path = '']) => path);
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path))).length, 0);
    expect(bytes).toBeLessThanOrEqual(60_000);
    for (const path of scripts) {
      expect(readFileSync(join(folder, path), 'utf8').match(/https?:\/\/(?!www\.w3\.org)[\w.-]+/g)).toBeNull();
    }
    expect(html.match(/(src|href)="(?![/#])/g)).toBeNull();
  });

  it('have no path that the Worker answers, so that the page loads without it and without objects', () => {
    const { assets } = parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')) as {
      assets: { run_worker_first: string[] };
    };
    const covers = (route: string, path: string) =>
      route.endsWith('*') ? path.startsWith(route.slice(0, -1)) : path === route;
    const callsWorker = (path: string) => assets.run_worker_first.some((route) => covers(route, path));
    const files = globSync('**/*.*', { cwd: join(ROOT, 'build/web') }).map((path) => `/${path}`);
    // Cloudflare serves index.html as /, and docs.html as /docs.
    const paths = files.map((path) => path.replace(/(index)?\.html$/, ''));
    expect(paths).toEqual(expect.arrayContaining(['/', '/docs', expect.stringMatching(/\.wasm$/)]));
    expect(paths.filter(callsWorker)).toEqual([]);
    expect(['/predict', '/models/fruit', '/v2/health/live'].filter(callsWorker)).toHaveLength(3);
  });

  it('are in the history without secrets and generated files', () => {
    const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' });
    expect(files).not.toMatch(/\.dev\.vars$|worker-configuration|\.wrangler\//m);
  });
});
