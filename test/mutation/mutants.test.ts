/** The faults that `npm run mutate` makes. */
import { readFileSync } from 'node:fs';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, it } from 'vitest';
import { applyEdit, findMutants } from './mutants.ts';

/** The mutants of a source. */
const mutate = (source: string, file = 'src/file.ts') =>
  findMutants(file, source).map(({ change }) => applyEdit(source, change));

describe('mutants', () => {
  it.each([
    ['a + b;', ['a - b;', ';']],
    ['if (a < 10) go();', ['if (true) go();', 'if (false) go();', 'if (a <= 10) go();', 'if (a >= 10) go();']],
    ['for (let i = 0; i < n; i++);', ['for (let i = 0; i < n; i--);', 'for (let i = 0; false; i++);']],
    ['const a = -b;', ['const a = b;']],
    ['const a = b ? 0.5 : 7;', ['const a = true ? 0.5 : 7;', 'const a = b ? 0.55 : 7;', 'const a = b ? 0.5 : 8;']],
    ['const a = Math.min(b, c);', ['const a = Math.max(b, c);']],
    ["const a = b ?? 'name';", ["const a = b && 'name';", "const a = b ?? '';"]],
    ['const a = !b || (c &= 1);', ['const a = b || (c &= 1);', 'const a = !b && (c &= 1);']],
  ])('of %s', (source, expected) => {
    expect(mutate(source)).toEqual(expect.arrayContaining(expected));
  });

  it('of kernels: vector operations, below decorators', () => {
    const source = '@unmanaged\nclass A { f(x: v128): v128 { return f32x4.add(x, x); } }\n';
    expect(mutate(source, 'assembly/a.ts')).toEqual([source.replace('add', 'sub')]);
  });

  it('do not change types, imports and messages', () => {
    const source = "import a from 'b'; export { c } from 'd'; type E = 'f' | 1; throw new Error('a message' as 'g');";
    expect(mutate(source)).toEqual([source.replace(/throw.*/, ';')]);
  });

  it.each(['assembly/steps.ts', 'src/core/learner.ts', 'src/format/safetensors.ts'])(
    'of %s are other programs that can be parsed, and so are their probes',
    (file) => {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const mutants = findMutants(file, source);
      expect(mutants.length).toBeGreaterThan(100);
      for (const edit of mutants.flatMap(({ change, probe }) => [change, probe])) {
        const text = applyEdit(source, edit);
        expect(text).not.toBe(source);
        expect(() => parseAst(text.replace(/^@unmanaged$/gm, ''), { lang: 'ts' }), edit.text).not.toThrow();
      }
    },
  );
});
