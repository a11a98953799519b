/** Every text of the repository in plain English: no phrase of test/support/phrases.ts, in comments, texts and documents. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NAMES, PHRASES, type Phrase } from './support/phrases.ts';
import { countLines, readPassages } from './support/prose.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TEXT = /\.(md|ts|js|mjs|html|css|toml|c|py|yml)$|(^|\/)package\.json$|^\.ci\//;
const CODE = /\.(ts|js|mjs)$/;
/** Fixtures, generated files, and the list of phrases with its test. */
const EXCLUDED = /^test\/fixtures\/|^docs\/report\/|^test\/(support\/phrases|texts\.test)\.ts$|worker-configuration/;

const FILES = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => TEXT.test(path) && !EXCLUDED.test(path))
  .map((path) => {
    const content = readFileSync(join(ROOT, path), 'utf8');
    return { path, content, passages: readPassages(path, content) };
  });

interface Finding {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

function findPhrase({ pattern }: Phrase): Finding[] {
  return FILES.flatMap(({ path, passages }) =>
    passages.flatMap(({ line, text }) =>
      [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
        path,
        line: line + countLines(text, index + found.search(/\S/)) - 1,
        text: found.trim().replaceAll(/\s+/g, ' '),
      })),
    ),
  );
}

function findName({ pattern }: Phrase): Finding[] {
  return FILES.filter(({ path }) => CODE.test(path)).flatMap(({ path, content }) =>
    [...content.matchAll(pattern)].map(({ 0: text, index }) => ({ path, line: countLines(content, index), text })),
  );
}

const RULES = [
  ...PHRASES.map((phrase) => ({ ...phrase, example: phrase.refused[0], find: () => findPhrase(phrase) })),
  ...NAMES.map((phrase) => ({ ...phrase, example: phrase.refused[0], find: () => findName(phrase) })),
];

describe('texts', () => {
  it.each(RULES)('do not say "$example": $instead', ({ find }) => {
    expect(find().map(({ path, line, text }) => `${path}:${line}: ${text}`)).toEqual([]);
  });

  it.each(RULES)('the rule against "$example" refuses and accepts what it should', ({ pattern, refused, accepted }) => {
    const matches = (text: string) => text.search(pattern) !== -1;
    expect(refused.filter((text) => !matches(text))).toEqual([]);
    expect(accepted?.filter(matches)).toEqual([]);
  });

  it('are found in comments, strings, templates, documents and pages, at their lines', () => {
    const find = (path: string, content: string) =>
      readPassages(path, content).flatMap(({ line, text }) =>
        [...text.matchAll(/so\s+many/g)].map(({ index }) => line + countLines(text, index) - 1),
      );
    expect(
      find('a.ts', "const n = 1;\n/**\n * A file of so\n * many lines.\n */\n// so many\nconst soMany = 'so many';"),
    ).toEqual([3, 6, 7]);
    expect(find('a.ts', 'const a = `x\n so many $' + '{so many}`;\n/** `so many` */')).toEqual([2]);
    expect(find('a.md', '# A\n\ntext\nso many\n```sh\nso many\n```\n`so many`\n')).toEqual([4]);
    expect(find('a.html', '<p>\n  so many\n</p><script>so many</script>')).toEqual([2]);
    expect(find('a.toml', 'a = "so many"\n# so many\n')).toEqual([2]);
    expect(find('package.json', '{\n "name": "so many",\n "description": "so many"\n}')).toEqual([3]);
  });
});
