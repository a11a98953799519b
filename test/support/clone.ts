/** A copy of the repository with the installed packages, for tests that write into a clone. */
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './package.ts';

/** With `built`, the copy shares what is built. */
export function cloneRepository(folder: string, { built }: { readonly built: boolean }): void {
  const files = run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], ROOT);
  for (const path of files.trim().split('\n')) {
    if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(folder, path));
  }
  for (const shared of ['node_modules', ...(built ? ['build', 'dist'] : [])]) {
    symlinkSync(join(ROOT, shared), join(folder, shared));
  }
}
