/** The architecture as data: which folder may import from which, and what no core file may name. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** From each folder of src/ to those that it may import from, beside itself. build is the compiler's output: types and module. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  reference: [],
  core: ['build'],
  data: ['core'],
  format: ['core'],
  experiments: ['core', 'data', 'format', 'reference'],
  report: ['core', 'data', 'format', 'experiments'],
  node: ['core', 'data', 'format', 'experiments'],
  client: [],
  browser: ['core', 'format', 'index', 'build'],
  worker: ['core', 'build'],
  cli: ['core', 'data', 'format', 'experiments', 'report', 'node', 'reference', 'client'],
  index: ['core'],
};

/** Libraries that a folder may use. */
const MAY_USE: Record<string, readonly string[]> = {
  core: ['@assemblyscript/loader'],
  data: ['fast-png', 'fflate', 'papaparse'],
  format: ['@bufbuild/protobuf/wire'],
  report: ['fast-png', 'papaparse', 'vega', 'vega-lite'],
  node: ['piscina'],
  cli: ['commander', 'cli-progress'],
};
const ANY_RUNTIME = ['core', 'data', 'format', 'reference', 'experiments', 'report', 'client'];

interface Source {
  readonly path: string;
  readonly text: string;
  readonly folder: string;
}

function sources(folder: string, ending: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => {
      const top = path.split(/[/\\]/)[0] ?? '';
      return {
        path: join(folder, path),
        text: readFileSync(join(ROOT, folder, path), 'utf8'),
        folder: top.replace(/\.ts$/, ''),
      };
    });
}

function listImports({ text }: Source): string[] {
  const code = text.replace(COMMENT, ' ');
  // Not the word in quotes, as the name of a command.
  return [...code.matchAll(/(?<!')\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target = '']) => target);
}

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** Source without comments and texts. */
function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, ' ');
}

const FILES = sources('src', '.ts');

describe('imports run one way', () => {
  it.each(FILES.map((file) => [file.path, file] as const))('%s', (path, file) => {
    for (const target of listImports(file)) {
      if (target.startsWith('.')) {
        const [top = '', second = ''] = relative(ROOT, join(ROOT, dirname(path), target)).split(/[/\\]/);
        const folder = top === 'src' ? second.replace(/\.ts$/, '') : top;
        expect([file.folder, ...(MAY_IMPORT[file.folder] ?? [])], `${path} imports ${target}`).toContain(folder);
      } else if (target.startsWith('node:')) {
        expect(['node', 'cli'], `${path} imports ${target}`).toContain(file.folder);
      } else {
        expect(MAY_USE[file.folder] ?? [], `${path} imports ${target}`).toContain(target);
      }
    }
  });

  it('the table is complete: every folder of src/ is in it', () => {
    expect(new Set(FILES.map(({ folder }) => folder))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });
});

describe('the service and the page use the library, and not each other', () => {
  const OUTSIDE: Record<string, readonly string[]> = {
    worker: [
      'worker',
      'src/core',
      'src/data',
      'src/format',
      'src/experiments',
      'src/worker',
      'build',
      'models',
      'package.json',
    ],
    web: ['web', 'src/core', 'src/data', 'src/format', 'src/client', 'build', 'models'],
  };
  it.each(Object.keys(OUTSIDE))('%s', (top) => {
    for (const file of sources(top, '.ts')) {
      for (const target of listImports(file).filter((path) => path.startsWith('.'))) {
        const path = relative(ROOT, join(ROOT, dirname(file.path), target));
        const allowed = OUTSIDE[top]?.some((folder) => path === folder || path.startsWith(`${folder}/`));
        expect(allowed, `${file.path} imports ${path}`).toBe(true);
      }
    }
  });
});

describe('no clock, no chance, no runtime', () => {
  it.each(FILES.filter(({ folder }) => ANY_RUNTIME.includes(folder)).map((file) => [file.path, file] as const))(
    '%s',
    (_, file) => {
      const names =
        /\b(process|document|window|navigator|Buffer|performance|setTimeout|Date|require|__dirname|eval|Function\()\b|Math\.random/;
      expect(stripComments(file.text).match(names)?.[0]).toBeUndefined();
    },
  );

  it.each(
    FILES.filter(({ folder }) => ['core', 'data', 'format'].includes(folder)).map((file) => [file.path, file] as const),
  )('%s uses no host function whose last bit differs between engines', (_, file) => {
    expect(
      stripComments(file.text).match(/Math\.(exp|log|pow|sin|cos|tan|tanh|atan|cbrt|hypot)\w*/)?.[0],
    ).toBeUndefined();
  });

  it('the kernels call no host math and import nothing from outside their folder', () => {
    for (const file of sources('assembly', '.ts')) {
      expect(stripComments(file.text).match(/\b(Math|Mathf|NativeMath)\./)?.[0]).toBeUndefined();
      for (const target of listImports(file)) expect(target).toMatch(/^\.\/[\w-]+$/);
    }
  });
});
