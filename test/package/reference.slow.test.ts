/** The API reference: complete, and its examples do what they say. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, runExamples } from '../support/examples.ts';
import { emptyFolder, pack, project, ROOT, run } from '../support/package.ts';
import { type Service, startService } from '../support/service.ts';
import { TEST_TOKENS, TOKENS } from '../support/tokens.ts';

/** As the examples have them. */
const [SERVICE, TOKEN] = ['http://localhost:8787', 'my-token'];

/** ReflectionKind of typedoc. */
const KIND = {
  module: 2,
  function: 64,
  class: 128,
  interface: 256,
  constructor: 512,
  property: 1024,
  method: 2048,
} as const;

interface Reflection {
  readonly name: string;
  readonly kind: number;
  readonly comment?: {
    readonly blockTags?: readonly { readonly tag: string; readonly content: readonly { text: string }[] }[];
  };
  readonly signatures?: readonly Reflection[];
  readonly children?: readonly Reflection[];
  readonly inheritedFrom?: unknown;
}

/** What must have an example: functions, classes, and their methods. */
function documented(reflection: Reflection, path: string): { path: string; examples: string[] }[] {
  const { kind, children = [], signatures = [] } = reflection;
  const own: readonly number[] = [KIND.function, KIND.class, KIND.method];
  const below = children.filter(({ inheritedFrom }) => inheritedFrom === undefined);
  const constructors = below
    .filter((child) => child.kind === KIND.constructor)
    .flatMap((child) => child.signatures ?? []);
  const examples = [reflection, ...signatures, ...constructors].flatMap(listExamples);
  return [
    ...(own.includes(kind) ? [{ path, examples }] : []),
    ...below.flatMap((child) => documented(child, `${path}.${child.name}`)),
  ];
}

function listExamples({ comment }: Reflection): string[] {
  const tags = comment?.blockTags?.filter(({ tag }) => tag === '@example') ?? [];
  return tags.map(({ content }) => content.map(({ text }) => text).join(''));
}

/** Of other runtimes and of files that are not ours: their types alone are checked here. Other tests run such code. */
const ELSEWHERE = [
  'edge-mlp/worker.loadKernels',
  'edge-mlp/browser.loadKernels',
  'edge-mlp/node.loadMnist',
  'edge-mlp/node.loadIdxSet',
  'edge-mlp/node.fetchIdxSet',
];

const outer = emptyFolder();
const stranger = join(outer.path, 'stranger');
let service: Service;
let modules: readonly Reflection[];
let symbols: { path: string; examples: string[] }[];

beforeAll(async () => {
  mkdirSync(stranger);
  project(stranger, pack(outer.path));
  // Refuses what has no documentation, and links that lead nowhere.
  run('npm', ['run', '-s', 'reference'], ROOT);
  const reference: Reflection = JSON.parse(readFileSync(join(ROOT, 'build/reference/reference.json'), 'utf8'));
  modules = reference.children ?? [];
  symbols = modules.flatMap((module) => documented(module, module.name));
  service = await startService({ TOKENS: TEST_TOKENS });
}, 180_000);
afterAll(async () => {
  await service?.stop();
  outer.remove();
});

/** Without its fence. Throws where an example is no TypeScript. */
function prepareCode(path: string, text: string): string {
  const [, code] = /^```ts\n([\s\S]*)\n```$/.exec(text.trim()) ?? [];
  if (code === undefined) throw new Error(`${path}: expected an example in a fence of ts, got ${text}`);
  return code;
}

/** Properties of classes and interfaces that say nothing of themselves; typedoc sees to all else. */
function silentProperties({ name, kind, children = [] }: Reflection, path = name): string[] {
  const holds = kind === KIND.class || kind === KIND.interface;
  return children.flatMap((child) => {
    const below = `${path}.${child.name}`;
    const silent = holds && child.kind === KIND.property && !child.comment && !child.inheritedFrom;
    return silent ? [below] : silentProperties(child, below);
  });
}

describe('the reference', () => {
  it('says something of every property', () => {
    expect(modules.flatMap((module) => silentProperties(module))).toEqual([]);
  });

  it('has an example for every function, class and method', () => {
    expect(symbols.length).toBeGreaterThan(100);
    expect(symbols.filter(({ examples }) => examples.length === 0).map(({ path }) => path)).toEqual([]);
  });

  it('has examples that print what they say', () => {
    const examples: Example[] = symbols
      .flatMap(({ path, examples }) => examples.map((text) => ({ name: path, code: prepareCode(path, text) })))
      .map(({ name, code }) => ({
        name,
        ...(ELSEWHERE.includes(name) ? { typesOnly: true } : {}),
        code: code.replaceAll(SERVICE, service.url).replaceAll(TOKEN, TOKENS.admin),
      }));
    const outcomes = runExamples(stranger, examples);
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    const told = outcomes.map(({ name, printed }) => ({ name, printed }));
    expect(told).toEqual(outcomes.map(({ name, expected }) => ({ name, printed: expected })));
  });
});
