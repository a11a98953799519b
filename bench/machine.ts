/** The machine, the commit, the date and the contenders' versions. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.ts';
import { readOutput } from './process.ts';

export interface Machine {
  /** Name of the processor, on Linux with its family and model: virtual machines hide the rest of the name. */
  readonly cpu: string;
  readonly cores: number;
  /** Widest vectors, on x86 with Linux. */
  readonly vectors?: string;
  /** Caches of one core, on Linux, such as `32 KB L1 data`. */
  readonly caches: readonly string[];
  readonly platform: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  const { model = 'unknown' } = processors[0] ?? {};
  const info = readLines('/proc/cpuinfo');
  const find = (name: string) =>
    info
      .find((line) => line.split(':')[0]?.trim() === name)
      ?.split(':')[1]
      ?.trim();
  const [family, number, flags] = [find('cpu family'), find('model'), find('flags')];
  return {
    cpu: family === undefined ? model.trim() : `${model.trim()} (family ${family}, model ${number})`,
    cores: processors.length,
    ...(flags === undefined ? {} : { vectors: describeVectors(flags.split(' ')) }),
    caches: listCaches(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

/** Empty if the file is missing, as on other systems than Linux. */
function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

function describeVectors(flags: readonly string[]): string {
  if (flags.includes('avx512f')) return 'AVX-512';
  return flags.includes('avx2') ? 'AVX2' : 'SSE';
}

const CACHES = '/sys/devices/system/cpu/cpu0/cache';

function listCaches(): string[] {
  const read = (folder: string, name: string) => readLines(`${CACHES}/${folder}/${name}`)[0] ?? '';
  return listFolder(CACHES)
    .filter((name) => name.startsWith('index') && read(name, 'type') !== 'Instruction')
    .map((name) => {
      const kilobytes = Number.parseInt(read(name, 'size'), 10);
      const size = kilobytes < 1024 ? `${kilobytes} KB` : `${kilobytes / 1024} MB`;
      return `${size} L${read(name, 'level')}${read(name, 'type') === 'Data' ? ' data' : ''}`;
    });
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return [];
  }
}

const RESULTS = ':(top,exclude)bench/results.json';

/** The short commit hash, followed by + if tracked files other than the results have changes. */
export function findCommit(): string {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const hash = readOutput('git', ['rev-parse', '--short', 'HEAD'], { cwd });
  if (hash === undefined) return 'unknown';
  const changes = readOutput('git', ['status', '--porcelain', '--untracked-files=no', '--', ':/', RESULTS], { cwd });
  return changes === '' ? hash : `${hash}+`;
}

export function formatToday(): string {
  return new Date().toISOString().slice(0, 10);
}

export function listVersions(contenders: readonly Contender[]): Record<string, string> {
  return Object.fromEntries(contenders.map(({ name, version }) => [name, version]));
}
