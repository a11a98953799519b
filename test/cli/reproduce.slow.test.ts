/** The command reproduce, killed during its runs and started again. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

describe('reproduce, killed with SIGKILL', () => {
  it('continues from the stored runs, and its figures equal those of an uninterrupted run with another number of threads', async () => {
    const folder = temporaryFolder();
    const env = { EDGE_MLP_CACHE: join(folder, 'cache') };
    const reproduce = ['reproduce', '--data', 'digits', '--json'];
    let killed = false;
    const broken = await edgeMlp([...reproduce, '--threads', '2'], {
      cwd: folder,
      env,
      onStderr: (child, text) => {
        if (killed || !/^ 3\/10/m.test(text)) return;
        killed = child.kill('SIGKILL');
      },
    });
    expect(broken.code).toBeNull();
    expect(existsSync(join(folder, 'report/index.html'))).toBe(false);
    const stored = readdirSync(join(folder, 'cache/runs')).filter((name) => name.endsWith('.safetensors'));
    expect(stored.length).toBeGreaterThanOrEqual(3);
    // One stored run is damaged: it must be run again.
    const damaged = join(folder, 'cache/runs', stored[0] ?? '');
    const bytes = readFileSync(damaged);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 0x10;
    writeFileSync(damaged, bytes);

    const resumed = await edgeMlp([...reproduce, '--threads', '2'], { cwd: folder, env });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`${damaged}: its SHA-256 is wrong: repeating the run`);
    expect(resumed.stderr.match(/cached/g)?.length).toBe(stored.length - 1);
    const uninterrupted = await edgeMlp([...reproduce, '--threads', '1', '--fresh', '--out', 'other'], {
      cwd: folder,
      env,
    });
    expect(JSON.parse(uninterrupted.stdout).questions).toEqual(JSON.parse(resumed.stdout).questions);
    expect(uninterrupted.stderr).not.toContain('cached');
  });
});
