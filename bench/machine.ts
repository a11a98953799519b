/** The machine, the commit, the date and the contenders' versions. */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.ts';
import { readOutput } from './process.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Current clock frequency in hertz, if the system reports it. */
  readonly clock?: number;
  readonly platform: string;
  readonly node: string;
  readonly python?: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  const { model = 'unknown', speed = 0 } = processors[0] ?? {};
  const python = readOutput('python3', ['--version']);
  return {
    cpu: model.trim(),
    cores: processors.length,
    ...(speed > 0 ? { clock: speed * 1e6 } : {}),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    ...(python === undefined ? {} : { python }),
  };
}

/** The short commit hash, followed by + if tracked files have changes. */
export function findCommit(): string {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const hash = readOutput('git', ['rev-parse', '--short', 'HEAD'], folder);
  if (hash === undefined) return 'unknown';
  return readOutput('git', ['status', '--porcelain', '--untracked-files=no'], folder) === '' ? hash : `${hash}+`;
}

export function formatToday(): string {
  return new Date().toISOString().slice(0, 10);
}

export function listVersions(contenders: readonly Contender[]): Record<string, string> {
  return Object.fromEntries(contenders.map(({ name, version }) => [name, version]));
}
