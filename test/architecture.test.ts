/** Which folder may import from which, which libraries it may use, and what portable code may not name. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Each folder, and the folders that it may import from in addition to itself. A row for a file is an entry point. `cli`
 * is cli/*.ts, without the subfolders; `src/*` is every folder of src/.
 */
const MAY_IMPORT = readTable(`
  assembly

  src/core             build
  src/data             src/core
  src/format           src/core
  src/reference
  src/api              src/core src/data
  src/client/client-error.ts
  src/client/retry.ts  src/client/client-error.ts
  src/client           src/api src/format src/client/retry.ts src/client/client-error.ts
  src/runtime/fit.ts   src/core
  src/index.ts         src/core src/format src/runtime/fit.ts
  src/runtime          src/core src/format src/index.ts build

  cli                  src/core src/format src/client src/runtime
  cli/data             cli src/core src/data src/format
  cli/report           cli cli/training src/core src/data src/format
  cli/training         cli cli/data src/core src/data src/format src/runtime
  cli/experiments      cli cli/data cli/training cli/report src/core src/data src/format src/client src/runtime
  cli/assignment       cli cli/data cli/training cli/experiments cli/report src/core src/data src/format src/reference src/runtime
  cli/commands         cli cli/data cli/training cli/experiments cli/report src/*
  cli/program.ts       cli cli/commands cli/assignment
  cli/main.ts          cli cli/program.ts src/core

  worker               src/core src/data src/format src/api examples/inputs package.json
  worker/storage       worker src/core src/api
  worker/models        worker worker/storage src/core src/data src/format src/api build models
  worker/predict       worker worker/models build src/core src/data src/format src/api
  worker/protocol      worker worker/models worker/predict src/core src/data src/format src/api package.json
  worker/datasets      worker worker/storage src/core src/data src/format src/api
  worker/jobs          worker worker/storage worker/models worker/datasets src/core src/data src/format src/api build package.json
  worker/sweeps        worker worker/storage worker/datasets worker/jobs src/core src/data src/format src/api
  worker/learners      worker worker/storage worker/models worker/datasets worker/predict src/core src/data src/format src/api build
  worker/usage         worker worker/storage src/api
  worker/app.ts        worker worker/* src/core src/api package.json
  worker/index.ts      worker/* worker/app.ts

  web                  src/core src/data src/format src/client src/client/retry.ts build models
  web/inputs           web src/core src/data src/format
  web/local            web src/core src/data src/format src/client
  web/answers          web web/inputs src/core
  web/correction       web web/inputs web/answers web/local src/core src/data src/format
  web/inside           web web/inputs web/answers src/core src/data src/format src/reference
  web/draw             web web/inputs web/local web/answers web/correction web/inside src/core src/data src/format src/client models
  web/teach            web web/inputs web/local web/correction src/core src/data src/format src/client src/client/retry.ts
  web/train            web web/local web/inside src/api src/core src/data src/client
  web/models           web src/api src/core src/format src/client
  web/reference        web src/core
  web/main.ts          web web/* src/core src/client

  models               models/handwriting src/index.ts src/* cli cli/data cli/report cli/training
  models/handwriting   src/core src/data
  scripts              cli
  bench                models models/handwriting dist/* src/* cli/data worker/* worker/app.ts worker/index.ts scripts test/support
  bench/contenders     bench dist/*
`);

/** npm packages and runtime modules that a folder may import. */
const MAY_USE = readTable(`
  src/core             @assemblyscript/loader
  src/data             @jsquash/jpeg @jsquash/webp papaparse
  src/format           @bufbuild/protobuf
  src/api              @hono/zod-openapi
  src/runtime          node
  cli                  node cli-progress commander
  cli/program.ts       commander
  cli/main.ts          commander
  cli/data             node commander
  cli/report           fast-png papaparse vega vega-lite
  cli/training         node
  cli/experiments      node
  cli/assignment       node commander fast-png
  cli/commands         node commander
  worker               @hono/zod-openapi hono zod
  worker/storage       cloudflare
  worker/models        @hono/zod-openapi hono cloudflare
  worker/predict       @hono/zod-openapi hono
  worker/protocol      @hono/zod-openapi hono
  worker/datasets      @hono/zod-openapi hono cloudflare
  worker/jobs          @hono/zod-openapi hono cloudflare
  worker/sweeps        @hono/zod-openapi hono cloudflare
  worker/learners      @hono/zod-openapi hono cloudflare
  worker/usage         @hono/zod-openapi
  worker/app.ts        @hono/zod-openapi hono
  web/train            uplot
  models               node
  scripts              node smol-toml rolldown zod @asteasolutions/zod-to-openapi
  bench                node hono smol-toml
  bench/contenders     node @jax-js/jax @tensorflow/tfjs @tensorflow/tfjs-backend-wasm brain.js onnxruntime-node onnxruntime-web
`);

/** Folders without a clock, without chance, and without names of a runtime. */
const PORTABLE = ['src/core', 'src/data', 'src/format', 'src/reference', 'src/api', 'src/client', 'cli/report'];
/** Folders whose results must have the same bits in every engine. */
const EXACT = ['src/core', 'src/data', 'src/format'];

interface Source {
  readonly path: string;
  readonly folder: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly string[];
}

const TOP = ['assembly', 'src', 'cli', 'worker', 'web', 'models', 'scripts', 'bench'];
const SOURCES: readonly Source[] = globSync(`{${TOP}}/**/*.{ts,mjs}`, {
  cwd: ROOT,
  exclude: (path) => /node_modules|worker-configuration/.test(path),
}).map((path) => {
  const code = readFileSync(join(ROOT, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ' ');
  const imports = [...code.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map(([, target = '']) => target);
  return { path, folder: findFolder(path), code, imports };
});

function readTable(text: string): ReadonlyMap<string, readonly string[]> {
  const rows = text.split('\n').filter((line) => line.trim() !== '');
  return new Map(rows.map((row) => row.trim().split(/\s+/)).map(([folder = '', ...allowed]) => [folder, allowed]));
}

/** The row of a path: an entry point, a part's folder (src/core for all below it), or a part (cli for cli/*.ts). */
function findFolder(path: string): string {
  const [top = '', second = '', third] = path.split('/');
  if (MAY_IMPORT.has(path)) return path;
  return third === undefined ? top : `${top}/${second}`;
}

function isAllowed(folder: string, allowed: readonly string[]): boolean {
  const wildcard = folder.endsWith('.ts') ? folder : folder.replace(/[^/]+$/, '*');
  return allowed.includes(folder) || allowed.includes(wildcard);
}

const isRelative = (target: string) => target.startsWith('.');
/** Package of an import; `node` and `cloudflare` for the modules of a runtime. */
const findPackage = (target: string) =>
  /^(node|cloudflare):/.exec(target)?.[1] ?? target.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? target;

function removeTexts(code: string): string {
  return code.replace(/\/\/.*|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, ' ');
}

describe('imports', () => {
  it.each([...MAY_IMPORT.keys()])('%s imports only from the folders in its row', (folder) => {
    const sources = SOURCES.filter((source) => source.folder === folder);
    expect(sources.length).toBeGreaterThan(0);
    const violations = sources.flatMap(({ path, imports }) =>
      imports
        .filter(isRelative)
        .map((target) => join(dirname(path), target))
        .filter((target) => !isAllowed(findFolder(target), [folder, ...(MAY_IMPORT.get(folder) ?? [])]))
        .map((target) => `${path} imports ${target}`),
    );
    expect(violations).toEqual([]);
  });

  it('every source file belongs to a row', () => {
    const homeless = SOURCES.filter(({ folder }) => !MAY_IMPORT.has(folder)).map(({ path }) => path);
    expect(homeless).toEqual([]);
  });

  it('the rows have no cycle', () => {
    const remaining = new Map(MAY_IMPORT);
    const isFree = (allowed: readonly string[]) => ![...remaining.keys()].some((row) => isAllowed(row, allowed));
    for (;;) {
      const free = [...remaining].filter(([, allowed]) => isFree(allowed)).map(([folder]) => folder);
      if (free.length === 0) break;
      for (const folder of free) remaining.delete(folder);
    }
    expect([...remaining.keys()]).toEqual([]);
  });

  it('each folder uses only its libraries', () => {
    const violations = SOURCES.flatMap(({ path, folder, imports }) =>
      imports
        .filter((target) => !isRelative(target) && !MAY_USE.get(folder)?.includes(findPackage(target)))
        .map((target) => `${path} uses ${target}`),
    );
    expect(violations).toEqual([]);
  });

  it('the command loads packages that few commands need only when it needs them', () => {
    const reached = new Set(['cli/main.ts', 'cli/program.ts']);
    const packages = new Set<string>();
    for (const path of reached) {
      const { code = '' } = SOURCES.find((source) => source.path === path) ?? {};
      for (const [, target = ''] of code.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm)) {
        if (isRelative(target)) reached.add(join(dirname(path), target));
        else packages.add(findPackage(target));
      }
    }
    const own = [...packages].filter((name) => name !== 'node');
    expect(own.sort()).toEqual(['@assemblyscript/loader', 'commander', 'papaparse']);
  });
});

describe('portable code', () => {
  it.each(PORTABLE)('%s uses no clock, no chance and no name of a runtime', (folder) => {
    const names =
      /\b(process|document|window|navigator|Buffer|performance|setTimeout|Date|require|__dirname|eval|Function\()\b|Math\.random/;
    expect(findNames(folder, names)).toEqual([]);
  });

  it.each(EXACT)('%s calls no Math function whose last bit differs between engines', (folder) => {
    expect(findNames(folder, /Math\.(exp|log|pow|sin|cos|tan|tanh|atan|cbrt|hypot)\w*/)).toEqual([]);
  });

  it('assembly calls no Math function and imports only from its own folder', () => {
    expect(findNames('assembly', /\b(Math|Mathf|NativeMath)\./)).toEqual([]);
    expect(SOURCES.flatMap(({ folder, imports }) => (folder === 'assembly' ? imports : []))).not.toContainEqual(
      expect.not.stringMatching(/^\.\/[\w-]+$/),
    );
  });

  function findNames(folder: string, names: RegExp): string[] {
    return SOURCES.filter((source) => source.folder === folder).flatMap(({ path, code }) => {
      const [name] = removeTexts(code).match(names) ?? [];
      return name === undefined ? [] : [`${path} uses ${name}`];
    });
  }
});
