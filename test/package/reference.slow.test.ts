/** The API reference: every symbol is documented, and its examples print what their comments state. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Example, runExamples } from '../support/examples.ts';
import { ROOT, run } from '../support/package.ts';
import { type Service, startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

/** Address and token in the examples, which the test replaces by those of the service that it starts. */
const [SERVICE, TOKEN] = ['http://localhost:8787', 'my-token'];

/** typedoc's ReflectionKind. */
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

interface DocumentedSymbol {
  readonly path: string;
  readonly kind: number;
  readonly examples: readonly string[];
}

/** A module with its functions, classes and their methods. */
function listSymbols(reflection: Reflection, path: string): DocumentedSymbol[] {
  const { kind, children = [], signatures = [] } = reflection;
  const own: readonly number[] = [KIND.module, KIND.function, KIND.class, KIND.method];
  const below = children.filter(({ inheritedFrom }) => inheritedFrom === undefined);
  const constructors = below
    .filter((child) => child.kind === KIND.constructor)
    .flatMap((child) => child.signatures ?? []);
  const examples = [reflection, ...signatures, ...constructors].flatMap(listExamples);
  return [
    ...(own.includes(kind) ? [{ path, kind, examples }] : []),
    ...below.flatMap((child) => listSymbols(child, `${path}.${child.name}`)),
  ];
}

function listExamples({ comment }: Reflection): string[] {
  const tags = comment?.blockTags?.filter(({ tag }) => tag === '@example') ?? [];
  return tags.map(({ content }) => content.map(({ text }) => text).join(''));
}

const project = join(inject('installed'), 'reference');
let service: Service;
let modules: readonly Reflection[];
let symbols: DocumentedSymbol[];

beforeAll(async () => {
  mkdirSync(project);
  // typedoc refuses symbols without documentation and broken links.
  run('npm', ['run', '-s', 'reference'], ROOT);
  const reference: Reflection = JSON.parse(readFileSync(join(ROOT, 'build/reference/reference.json'), 'utf8'));
  modules = reference.children ?? [];
  symbols = modules.flatMap((module) => listSymbols(module, module.name));
  service = await startService();
}, 180_000);
afterAll(() => service?.stop());

/** Removes the fence of an example. Throws if it is not a fence of TypeScript. */
function removeFence(path: string, text: string): string {
  const [, code] = /^```ts\n([\s\S]*)\n```$/.exec(text.trim()) ?? [];
  if (code === undefined) throw new Error(`${path}: expected an example in a fence of ts, got ${text}`);
  return code;
}

/** Properties of classes and interfaces without documentation, which typedoc does not check. */
function listUndocumented({ name, kind, children = [] }: Reflection, path = name): string[] {
  const holds = kind === KIND.class || kind === KIND.interface;
  return children.flatMap((child) => {
    const below = `${path}.${child.name}`;
    const undocumented = holds && child.kind === KIND.property && !child.comment && !child.inheritedFrom;
    return undocumented ? [below] : listUndocumented(child, below);
  });
}

describe('the reference', () => {
  it('documents every property', () => {
    expect(modules.flatMap((module) => listUndocumented(module))).toEqual([]);
  });

  it('has an example in every module and class', () => {
    const withExample = symbols.filter(({ examples }) => examples.length > 0).map(({ path }) => path);
    const required = symbols.filter(({ kind }) => kind === KIND.module || kind === KIND.class);
    expect(required.length).toBeGreaterThan(12);
    const missing = required.filter(({ path }) => !withExample.some((name) => `${name}.`.startsWith(`${path}.`)));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it('has examples that print what their comments state', () => {
    const examples: Example[] = symbols
      .flatMap(({ path, examples }) => examples.map((text) => ({ name: path, code: removeFence(path, text) })))
      .map(({ name, code }) => ({
        name,
        code: code.replaceAll(SERVICE, service.url).replaceAll(TOKEN, TOKENS.admin),
      }));
    const outcomes = runExamples(project, examples);
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    const printed = outcomes.map(({ name, printed }) => ({ name, printed }));
    expect(printed).toEqual(outcomes.map(({ name, expected }) => ({ name, printed: expected })));
  });
});
