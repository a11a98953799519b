/**
 * Global setup of test/package: packs the package once and installs it once, in a project outside of the repository.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { emptyFolder, install, pack, project } from './package.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the tarball. */
    tarball: string;
    /** Folder of a project of ES modules that has the tarball installed. */
    installed: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const outer = emptyFolder();
  const tarball = pack(outer.path);
  const installed = join(outer.path, 'project');
  mkdirSync(installed);
  project(installed);
  install(installed, [tarball]);
  provide('tarball', tarball);
  provide('installed', installed);
  return () => outer.remove();
}
