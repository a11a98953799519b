/** The build again, at another time, in another folder, with other settings of the system: the same bytes. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { cloneRepository } from '../support/clone.ts';
import { emptyFolder, pack, ROOT, run } from '../support/package.ts';

/** SHA-256 of the published kernels, on every machine. After a change of assembly/, use the hashes that the test prints. */
const KERNELS = {
  'kernels.wasm': 'ef38969e87e3f5bb394454512050a8431f8cab56361698f7a65770cb86b16266',
  'kernels.threads.wasm': '08ff0187dbb398ec0b44e633b3c1f4c120fcc1e9d8ce678d8ed2fdebf62e13f6',
};
const OTHER_SYSTEM = {
  TZ: 'Asia/Kathmandu',
  LANG: 'tr_TR.UTF-8',
  LC_ALL: 'C',
  HOME: '/nonexistent',
  SOURCE_DATE_EPOCH: '1',
};

const folder = emptyFolder();
const clone = join(folder.path, 'an other folder');
afterAll(() => folder.remove());
beforeAll(() => {
  cloneRepository(clone, { built: false });
  // node_modules is a link, which chmod does not follow.
  const build = 'umask 077; chmod -R go= .; npm run -s build:wasm && npm run -s build:js';
  run('bash', ['-c', build], clone, OTHER_SYSTEM);
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

it('the kernels, which have their pinned hashes', () => {
  const built = globSync('build/*.wasm', { cwd: clone });
  expect(built.length).toBeGreaterThan(3);
  for (const path of built) expect([path, sha256(join(clone, path))]).toEqual([path, sha256(join(ROOT, path))]);
  const hashes = Object.keys(KERNELS).map((name) => [name, sha256(join(clone, 'build', name))]);
  expect(Object.fromEntries(hashes)).toEqual(KERNELS);
});

it('every file of the package, and the tarball', () => {
  const files = globSync('dist/**/*', { cwd: clone, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(100);
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name).slice(clone.length + 1);
    expect([path, sha256(join(clone, path))]).toEqual([path, sha256(join(ROOT, path))]);
  }
  expect(sha256(pack(folder.path, clone))).toBe(sha256(inject('tarball')));
});
