/** On what, of which versions, and when. */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.ts';
import { output } from './process.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Hertz as the system tells it at this moment; undefined where it does not. */
  readonly clock?: number;
  readonly platform: string;
  readonly node: string;
  readonly python?: string;
}

export function machine(): Machine {
  const processors = cpus();
  const { model = 'unknown', speed = 0 } = processors[0] ?? {};
  const python = output('python3', ['--version']);
  return {
    cpu: model.trim(),
    cores: processors.length,
    ...(speed > 0 ? { clock: speed * 1e6 } : {}),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    ...(python === undefined ? {} : { python }),
  };
}

/** The commit, with a plus where files differ from it. */
export function commit(): string {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const hash = output('git', ['rev-parse', '--short', 'HEAD'], folder);
  if (hash === undefined) return 'unknown';
  return output('git', ['status', '--porcelain', '--untracked-files=no'], folder) === '' ? hash : `${hash}+`;
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function versions(contenders: readonly Contender[]): Record<string, string> {
  return Object.fromEntries(contenders.map(({ name, version }) => [name, version]));
}
