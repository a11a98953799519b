/** Tables in pieces: splitting a text, and reading several texts as one table. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvTable, csvDataset, csvPieces } from '../../src/data/csv.ts';
import type { Dataset } from '../../src/index.ts';

const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function together(pieces: readonly string[], options: Partial<ConstructorParameters<typeof CsvTable>[0]> = {}) {
  const table = new CsvTable({ name: 'x', ...options });
  pieces.forEach((piece, i) => {
    table.append(piece, `x, ${i}`);
  });
  return table.dataset();
}

/** Only a table of one text has lines. */
function withoutLines({ lines: _, ...dataset }: Dataset): Dataset {
  return dataset;
}

describe('a table of several texts', () => {
  it('has the classes of all of them, in the order of one file', () => {
    const { classes, labels, inputs } = together(['a,k\n1,z\n2,10\n', 'a,k\n3,z\n', 'a,k\n4,9\n5,z\n']);
    expect(classes).toEqual(['9', '10', 'z']);
    expect([...labels]).toEqual([2, 1, 2, 0, 2]);
    expect([...inputs]).toEqual([1, 2, 3, 4, 5]);
  });

  it('grows when the number of samples is not given', () => {
    const rows = Array.from({ length: 2000 }, (_, n) => `${n},${n + 0.5},${n % 3}\n`);
    const whole = withoutLines(csvDataset(`a,b,k\n${rows.join('')}`, { name: 'x' }));
    expect(whole.inputs).toEqual(Float32Array.from({ length: 4000 }, (_, i) => Math.floor(i / 2) + (i % 2) / 2));
    expect(whole.labels).toEqual(Uint16Array.from({ length: 2000 }, (_, n) => n % 3));
    const halves = [rows.slice(0, 900), rows.slice(900)].map((part) => `a,b,k\n${part.join('')}`);
    expect(together(halves, { samples: 2000 })).toEqual(whole);
  });

  it.each<[string, string[], object, string]>([
    ['another header', ['a,k\n1,y\n', 'b,k\n1,n\n'], {}, 'x, 1: expected the header a, k, got b, k'],
    ['a header in another order', ['a,k\n1,y\n', 'k,a\nn,1\n'], {}, 'x, 1: expected the header a, k, got k, a'],
    ['no rows', ['a,k\n1,y\n', 'a,k\n'], {}, 'x, 1: expected samples below the header, got none'],
    ['a bad cell', ['a,k\n1,y\n', 'a,k\n1,n\nbad,n\n'], {}, 'x, 1: line 3, column 1 (a): expected a number, got "bad"'],
    ['one class', ['a,k\n1,y\n', 'a,k\n2,y\n'], {}, 'x: expected at least two classes, got y'],
    ['another class', ['a,k\n1,y\n2,n\n'], { classes: ['n', 'z'] }, 'x, 0: line 2: expected one of the labels n, z'],
    ['too many samples', ['a,k\n1,y\n', 'a,k\n2,n\n'], { samples: 1 }, 'x, 1: expected 1 samples, got more'],
    ['too few', ['a,k\n1,y\n', 'a,k\n2,n\n'], { samples: 3 }, 'x: expected 3 samples, got 2'],
    [
      'no delimiter that there is',
      ['a;k\n1;y\n'],
      { delimiter: ',' },
      'x, 0: expected at least one feature and a label',
    ],
  ])('is refused for %s', (_, pieces, options, message) => {
    expect(() => together(pieces, options)).toThrow(message);
  });

  it('is refused for too many classes, in one text or in several', () => {
    const text = (from: number) => `a,k\n${Array.from({ length: 600 }, (_, n) => `1,k${from + n}\n`).join('')}`;
    expect(() => together([text(0), text(600)])).toThrow(
      'x, 1: expected at most 1,000 classes, got 1,200 different labels: is the right column named?',
    );
  });
});

describe('a text cut into pieces', () => {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

  it('has the header and whole rows in each piece, also with quoted line breaks', () => {
    const text = 'a;b;k\r\n1;2;"two\nlines; ""so"""\r\n\r\n 2 ;3;b\r\n3;4;b\r\n';
    const pieces = csvPieces(text, { name: 'x', bytes: 36 });
    expect(pieces.map(({ bytes }) => decoded(bytes))).toEqual([
      '"a","b","k"\n1,2,"two\nlines; ""so"""',
      '"a","b","k"\n" 2 ",3,b\n3,4,b',
    ]);
    expect(pieces.map(({ samples }) => samples)).toEqual([1, 2]);
  });

  it('a row that is longer than a piece is refused, with its line', () => {
    const text = 'a,k\n1,"x\ny"\n2,a label of more bytes than there are\n';
    expect(() => csvPieces(text, { name: 'x', bytes: 30 })).toThrow(
      'x: line 4: expected a row of at most 30 bytes with its header, got 46',
    );
  });

  it('gives the same table as the text, for any cells', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', ',', ';', '|', '\t', '"', '\n', '\r', ' '),
      maxLength: 6,
    });
    const label = cell.map((text) => `${text}z`);
    const row = fc.tuple(
      fc.float({ noNaN: true, min: Math.fround(-1e6), max: Math.fround(1e6) }),
      fc.integer({ min: -1000, max: 1000 }),
      label,
    );
    fc.assert(
      fc.property(
        fc.tuple(label, label),
        fc.array(row, { minLength: 2, maxLength: 30 }),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        ([first, second], rows, delimiter, newline) => {
          fc.pre(new Set(rows.map(([, , kind]) => kind.trim())).size > 1);
          const header = [`1${first}`, `2${second}`, 'kind'].map(quoted);
          const lines = [header, ...rows.map(([a, b, kind]) => [a, b, quoted(kind)])];
          const text = lines.map((cells) => `${cells.join(delimiter)}${newline}`).join('');
          const pieces = csvPieces(text, { name: 'x', bytes: 150 });
          expect(pieces.reduce((sum, { samples }) => sum + samples, 0)).toBe(rows.length);
          expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(150);
          const joined = together(pieces.map(({ bytes }) => decoded(bytes)));
          expect(withoutLines(joined)).toEqual(withoutLines(csvDataset(text, { name: 'x' })));
        },
      ),
    );
  });

  it('has quotes around its header, so that no cell is taken for a delimiter', () => {
    const text = '"a|b|c"\t"d"\t"k|l|m"\n1\t2\tx|y|z|u|v\n2\t3\tr|s|t|u|v\n';
    const pieces = csvPieces(text, { name: 'x', bytes: 100 });
    expect(together(pieces.map(({ bytes }) => decoded(bytes)))).toMatchObject({
      features: ['a|b|c', 'd'],
      classes: ['r|s|t|u|v', 'x|y|z|u|v'],
    });
  });
});

it('pieces have only the kept columns, in order, with decimal points', () => {
  const text = 'id;mass;kind\n7;1,5;"a;b"\n8;-2,5e1;1,2,3\n';
  const [piece] = csvPieces(text, { name: 'x', bytes: 100, keep: ['kind', 'mass'], decimal: ',' });
  expect(decoded(piece?.bytes ?? new Uint8Array())).toBe('"kind","mass"\na;b,1.5\n"1,2,3",-2.5e1');
  expect(() => csvPieces(text, { name: 'x', bytes: 100, keep: ['age'] })).toThrow('x: expected a column "age"');
});
