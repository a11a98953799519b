/** Tables as people and programs write them: dialects, columns, missing cells, and the reasons for refusals. */
import { describe, expect, it } from 'vitest';
import { type CsvOptions, CsvTable, csvDataset, decodeText, measureColumns } from '../../src/data/csv.ts';
import { trainingParts } from '../../src/data/index.ts';

const read = (text: string, options: Partial<CsvOptions> = {}) => csvDataset(text, { name: 'x.csv', ...options });
const ROWS = [
  [1.5, 2, 'a'],
  [2.5, 3, 'b'],
  [3.5, 5, 'a'],
] as const;
const EXPECTED = {
  inputs: Float32Array.of(1.5, 2, 2.5, 3, 3.5, 5),
  labels: Uint16Array.of(0, 1, 0),
  classes: ['a', 'b'],
};
const lines = (delimiter: string, end = '\n') =>
  [['x', 'y', 'kind'], ...ROWS].map((row) => row.join(delimiter)).join(end) + end;

describe('dialects', () => {
  it.each<[string, string, Partial<CsvOptions>?]>([
    ['commas', lines(',')],
    ['semicolons', lines(';')],
    ['tabs', lines('\t')],
    ['pipes', lines('|')],
    ['spaces', lines(' ')],
    ['aligned with spaces', 'x   y kind\n 1.5 2 a\n2.5   3 b\n3.5 5   a\n'],
    ['spaces behind commas', lines(', ')],
    ['a given delimiter', lines(':'), { delimiter: ':' }],
    ['decimal commas', lines(';').replaceAll('.5', ',5'), { decimal: ',' }],
    ['carriage returns', lines(',', '\r')],
    ['Windows line ends', lines(',', '\r\n')],
    ['mixed line ends', lines(',', '\r\n').replace('\r\n', '\n')],
    ['a line sep=', `sep=;\n${lines(';')}`],
    ['blank lines', `\n${lines(',')}\n\n`],
    ['empty rows of Excel', `${lines(',')},,\n,,\n`],
    ['empty columns of Excel', lines(',').replaceAll('\n', ',,\n')],
    ['a byte order mark', `\ufeff${lines(',')}`],
    ['the end mark of DOS', `${lines(',')}\u001a`],
    ['a plus sign, exponents and points', 'x,y,kind\n+1.5,2.,a\n25e-1,3,b\n3.5,.5E1,a\n'],
    ['spaces and non-breaking spaces', 'x,y,kind\n  1.5,2\u00a0,a \n2.5, 3,b\n3.5,5,\u00a0a\n'],
    ['no header', lines(',').replace(/.*\n/, ''), { header: false }],
    ['quotes around all cells', lines('","').replace(/^(.+)$/gm, '"$1"')],
    ['row names of R', '"x" "y" "kind"\n"1" 1.5 2 "a"\n"2" 2.5 3 "b"\n"3" 3.5 5 "a"\n', { ignore: ['c1'] }],
  ])('are read: %s', (_, text, options) => {
    expect(read(text, options)).toMatchObject(EXPECTED);
  });

  it('a pipe, a space or a semicolon in texts does not win against the delimiter', () => {
    expect(read('x,kind\n1,a|b|c\n2,d|e|f\n')).toMatchObject({ columns: 1, classes: ['a|b|c', 'd|e|f'] });
    expect(read('x y,kind of fruit\n1,a b c\n2,d e f\n')).toMatchObject({
      features: ['x y'],
      classes: ['a b c', 'd e f'],
    });
    expect(read('x,kind\n1,a;b\n2,d;e\n')).toMatchObject({ columns: 1, classes: ['a;b', 'd;e'] });
  });

  it('a minus sign of Unicode is a minus', () => {
    expect([...read('x,kind\n\u22121.5,a\n2,b\n').inputs]).toEqual([-1.5, 2]);
  });

  it.each([
    ['<!DOCTYPE html>\n<html>', 'expected CSV, got HTML or XML: download the CSV file itself'],
    ['[{"x": 1, "kind": "a"}]', 'expected CSV, got JSON: convert it to CSV'],
    ['% iris\n@RELATION iris\n@data\n1,a\n', 'got ARFF: remove the lines up to @data, and use --no-header'],
    [
      '# made by me\nx,kind\n1,a\n',
      'line 1: expected a header with names of the columns, got a comment, "# made by me"',
    ],
    ['x,kind\n1,a\n# more\n2,b\n', 'line 3: expected 2 cells, as the header has, got 1: remove the comment lines'],
    ['x\n1\n', 'got only x: name the character between two cells with --delimiter'],
  ])('%j is refused by name', (text, message) => {
    expect(() => read(text)).toThrow(`x.csv: ${message.startsWith('got') ? 'expected' : ''}`);
    expect(() => read(text)).toThrow(message);
  });
});

describe('headers', () => {
  it.each([
    ['one number among names', 'country,2019,kind\n3,2,a\n4,5,b\n', ['country', '2019']],
    ['years', '2019,2020,kind\n0.5,2,a\n4.5,5,b\n', ['2019', '2020']],
    ['the index of pandas', '0,1,kind\n0.5,2,a\n4.5,5,b\n', ['0', '1']],
    ['columns without a name', ',y,kind\n0.5,2,a\n4.5,5,b\n', ['c1', 'y']],
  ])('with %s are headers', (_, text, features) => {
    expect(read(text).features).toEqual(features);
  });

  it.each([
    ['numbers and a class', '5.1,3.5,setosa\n4.9,3,setosa\n7,3.2,versicolor\n'],
    ['whole numbers and a class', '5,3,setosa\n4,3,setosa\n7,2,versicolor\n'],
    ['numbers only', '5.1,3.5,0\n4.9,3,0\n7,3.2,1\n'],
  ])('of %s are samples', (_, text) => {
    const message = 'use --no-header if the file has no header, or --header if these are the names';
    expect(() => read(text)).toThrow(message);
    expect(read(text, { header: false })).toMatchObject({ features: ['c1', 'c2'], labelName: 'c3' });
    expect(read(text, { header: true }).labels).toHaveLength(2);
  });
});

describe('the columns', () => {
  const text = 'id,mass,kind,colour\n17,1.5,a,red\n19,2,b,blue\n12,3,a,red\n';

  it('are chosen, ignored, and given a label', () => {
    const label = { labelColumn: 'kind' };
    expect(read(text, { ...label, ignore: ['id', 'colour'] })).toMatchObject({ features: ['mass'], columns: 1 });
    expect(read(text, { ...label, features: ['mass', 'id'] })).toMatchObject({ features: ['mass', 'id'] });
    // The last column that is not ignored has the labels.
    expect(read(text, { ignore: ['colour'] })).toMatchObject({ features: ['id', 'mass'], labelName: 'kind' });
    expect(() => read(text, { ignore: ['color'] })).toThrow('expected a column "color", got id, mass, kind, colour');
    expect(() => read(text, { ...label, ignore: ['kind'] })).toThrow('kind is the label and cannot be ignored');
    expect(() => read(text, { ...label, features: ['kind'] })).toThrow('kind cannot be both the label and a feature');
  });

  it('of texts become one input for each category, in sorted order', () => {
    const { inputs, features, tableColumns } = read(text, { labelColumn: 'kind', ignore: ['id'] });
    expect(features).toEqual(['mass', 'colour=blue', 'colour=red']);
    expect([...inputs]).toEqual([1.5, 0, 1, 2, 1, 0, 3, 0, 1]);
    expect(tableColumns).toEqual([
      { kind: 'number', name: 'mass' },
      { kind: 'categories', name: 'colour', categories: ['blue', 'red'] },
    ]);
  });

  it('of texts are found in the last row, and read again', () => {
    const rows = Array.from({ length: 400 }, (_, n) => `,${n % 2}\n`).join('');
    expect(read(`c,k\n${rows.slice(0, -3)}z,1\n`, { missing: 'most-frequent' }).features).toEqual(['c=z']);
    const table = new CsvTable({ name: 'x' });
    table.append('c,k\n1,a\n');
    expect(() => table.append('c,k\nz,b\n', 'y')).toThrow('y: line 2, column 1 (c): expected a number, got "z"');
  });

  it('of numbers are categories if they are named', () => {
    expect(read('code,kind\n7,a\n3.0,b\n3,a\n', { categories: ['code'] })).toMatchObject({
      features: ['code=3', 'code=7'],
      inputs: Float32Array.of(0, 1, 1, 0, 1, 0),
    });
  });

  it('with many texts, dates, and odd numbers are named in one message, with the option that drops them', () => {
    const rows = Array.from({ length: 30 }, (_, n) => `n${n},2024-01-${10 + (n % 20)},${n},${n % 2}`).join('\n');
    expect(() => read(`name,day,x,kind\n${rows}\n`)).toThrow(
      'x.csv: expected columns that can be inputs, got 2 columns that cannot be: name (30 different texts), day (dates): drop them with --ignore name,day',
    );
    expect(read(`name,day,x,kind\n${rows}\n`, { maxCategories: 30, ignore: ['day'] }).columns).toBe(31);
    expect(() => read('"a, b",kind\n1 kg,x\n2 kg,y\n', { maxCategories: 1 })).toThrow(`--ignore '"a, b"'`);
  });

  it.each([
    ['2024-01-31', 'expected a number or a category, got the date "2024-01-31": convert the column to numbers'],
    ['31.01.2024', 'the date "31.01.2024"'],
    ['1/31/24 12:00', 'the date "1/31/24 12:00"'],
    ['12:30', 'the date "12:30"'],
    ['3 Jan 2024', 'the date "3 Jan 2024"'],
    ['"1,000"', 'got "1,000", a comma: remove thousands separators, or use --decimal ","'],
    ['"0,5"', 'got "0,5", a decimal comma: use --decimal ","'],
    ['1 000', 'got "1 000", thousands separators: remove the separators'],
    ['1_000', 'got "1_000", thousands separators'],
    ['0x1F', 'a hexadecimal, octal or binary number: convert it to decimal'],
    ['2d3', 'an exponent of Fortran'],
    ['12 %', 'a percentage: remove the percent signs'],
    ['$5', 'an amount of money'],
    ['Infinity', 'infinity: clear the cell'],
    ['1e39', 'beyond the range of float32, ±3.4e38: scale the column, or drop the column with --ignore x'],
    [
      'four',
      'expected a number, as in most cells of the column, got "four": correct the cell, or read it as categories',
    ],
  ])('with the cell %s are refused, with the next step', (cell, message) => {
    expect(() => read(`x,kind\n${cell},a\n2,b\n`)).toThrow('x.csv: line 2, column 1 (x): expected a number');
    expect(() => read(`x,kind\n${cell},a\n2,b\n`)).toThrow(message);
  });

  it('that float32 flattens are refused, with the option that drops them', () => {
    const table = (values: readonly number[]) => ['time,kind', ...values.map((v, i) => `${v},${i % 2}`)].join('\n');
    const seconds = Array.from({ length: 60 }, (_, i) => 1_700_000_061 + i);
    expect(() => read(table(seconds))).toThrow(
      'x.csv: column "time": expected numbers that float32 distinguishes, got 1700000061 to 1700000120, with rounding errors up to 64: shift or scale it, or drop the column with --ignore time',
    );
    // A constant feature is not divided.
    expect(() => read(table([1_700_000_061, 1_700_000_061]))).toThrow('up to 61');
    expect(() => read(table([1e-46, 3e-46]))).toThrow('got 1e-46 to 3e-46');
    for (const values of [seconds.map((s) => s - 1_700_000_061), [0.1, 0.1], [1e-30, 1e30], [20_260_101, 20_270_101]]) {
      expect(read(table(values)).labels).toHaveLength(values.length);
    }
  });

  it('have lines of the file, also below a quoted line break', () => {
    expect(() => read('a,k\n1,"x\ny"\nbad,z\n2,z\n')).toThrow('x.csv: line 4, column 1 (a): expected a number');
  });
});

describe('labels', () => {
  it('that differ in spaces or in the zeros of a number are one class', () => {
    expect(read('x,k\n1,1.0\n2,1\n3,2.50\n4,2.5\n5,+3\n').classes).toEqual(['1', '2.5', '3']);
    expect(read('x,k\n1, a\n2,a \n3,A\n4,007\n5,7\n').classes).toEqual(['007', '7', 'A', 'a']);
  });

  it('that are missing are refused or dropped, and never a class', () => {
    const text = 'x,k\n1,a\n2,NA\n3,b\n4,?\n';
    expect(() => read(text)).toThrow(
      'got 2 missing cells (k 2), first in line 3 of x.csv: drop the rows with --missing drop',
    );
    expect(() => read(text, { missing: 'mean' })).toThrow('2 missing cells (k 2)');
    expect(read(text, { missing: 'drop' })).toMatchObject({ classes: ['a', 'b'], inputs: Float32Array.of(1, 3) });
    expect(read('x,k\n1,+\n2,-\n').classes).toEqual(['+', '-']);
  });

  it('are expected in another column if nearly all numbers of the last one differ', () => {
    const rows = Array.from({ length: 30 }, (_, n) => `${'ab'[n % 2]},${n / 7}`).join('\n');
    expect(() => read(`kind,x\n${rows}\n`)).toThrow(
      'x.csv: expected labels, got 30 different numbers in the last column, x; column kind has 2 different texts: use --label kind',
    );
    expect(read(`kind,x\n${rows}\n`, { labelColumn: 'kind' }).classes).toEqual(['a', 'b']);
  });
});

describe('missing cells', () => {
  const text = 'x,c,k\n1,r,a\n,r,b\n5,NA,a\n9,g,b\nnull,g,a\n';

  it('are counted for each column, with the options', () => {
    expect(() => read(text)).toThrow(
      'x.csv: expected a value in each cell, got 3 missing cells (x 2, c 1), first in line 3 of x.csv: drop the rows with --missing drop, or fill the cells with --missing mean or most-frequent',
    );
  });

  it('are dropped with their rows and categories', () => {
    const table = new CsvTable({ name: 'x', missing: 'drop' });
    table.append('x,c,k\n1,r,a\n,blue,b\n9,g,b\n');
    expect(table.dataset()).toMatchObject({ features: ['x', 'c=g', 'c=r'], inputs: Float32Array.of(1, 0, 1, 9, 1, 0) });
    expect(table.reading).toMatchObject({ rows: 3, dropped: 1, missing: { x: 1 } });
    expect(() => read('x,k\n,a\n,b\n', { missing: 'drop' })).toThrow(
      'x.csv: expected rows without missing cells, got 2 missing cells (x 2) in each of 2 rows: drop columns with --ignore',
    );
  });

  it.each([
    ['mean', 5],
    ['most-frequent', 1],
  ] as const)('are filled with the %s of the training samples', (missing, x) => {
    const dataset = read(text, { missing });
    expect([...dataset.inputs.subarray(3, 9)]).toEqual([Number.NaN, 0, 1, 5, Number.NaN, Number.NaN]);
    const parts = { seed: 1, shuffledSplit: false, scaling: 'none' } as const;
    const { training } = trainingParts(dataset, { ...parts, validation: 0 });
    expect([...training.inputs]).toEqual([1, 0, 1, x, 0, 1, 5, 1, 0, 9, 1, 0, x, 1, 0]);
    expect(training.tableColumns).toEqual([
      { kind: 'number', name: 'x', fill: x },
      { kind: 'categories', name: 'c', categories: ['g', 'r'], fill: 'g' },
    ]);
    // The validation samples have no part in the values.
    const { validation, training: first } = trainingParts(dataset, { ...parts, validation: 3 });
    expect([...first.inputs]).toEqual([1, 0, 1, 1, 0, 1]);
    expect([...(validation?.inputs ?? [])]).toEqual([5, 0, 1, 9, 1, 0, 1, 1, 0]);
  });

  it('of a column without any value are refused', () => {
    expect(() => read('x,y,k\n1,,a\n2,,b\n', { missing: 'mean' })).toThrow(
      'x.csv: column "y": expected values, got only missing cells: drop the column with --ignore y',
    );
  });
});

describe('the columns of a model', () => {
  const columns = [
    { kind: 'number', name: 'x', fill: 4 },
    { kind: 'categories', name: 'c', categories: ['r', 'g'] },
  ] as const;
  const known = { columns, classes: ['a', 'b'], labelColumn: 'k' };

  it('are found by name, with the order and the values of the model', () => {
    expect(read('k,more,c,x\nb,?,g,1\na,?,r,NA\n', known)).toMatchObject({
      inputs: Float32Array.of(1, 0, 1, 4, 1, 0),
      labels: Uint16Array.of(1, 0),
    });
    expect(() => read('k,c,x\nb,,1\n', known)).toThrow('got 1 missing cell (c 1), first in line 2 of x.csv');
  });

  it('refuse other categories, or make them zeros', () => {
    const text = 'k,c,x\nb,blue,1\na,r,1\n';
    expect(() => read(text, known)).toThrow(
      'line 2, column 2 (c): expected one of the categories r, g, got "blue": use --unknown zeros',
    );
    const table = new CsvTable({ name: 'x', ...known, unknown: 'zeros' });
    table.append(text);
    expect(table.dataset().inputs).toEqual(Float32Array.of(1, 0, 0, 1, 1, 0));
    expect(table.reading.unknown).toEqual({ c: 1 });
  });
});

describe('encodings', () => {
  const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const wide = (text: string) =>
    Uint8Array.from([...text].flatMap((letter) => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8]));

  it('are read by their mark, or by name', () => {
    expect(decodeText(bytes('gr\xf6\xdfe'), 'x', 'latin1')).toBe('größe');
    expect(decodeText(wide('\ufeffgröße,k'), 'x')).toBe('größe,k');
    expect(decodeText(wide('größe,k'), 'x', 'utf-16le')).toBe('größe,k');
    expect(decodeText(bytes('\xef\xbb\xbfx'), 'x')).toBe('x');
  });

  it.each(['PAR1,kind\n', 'BZh\tkind\r\n', 'RIFFS,kind\n', 'GIF89 share,kind\n', '%PDF,kind\n'])(
    'may begin as a binary format: %j',
    (text) => {
      expect(decodeText(bytes(text), 'x')).toBe(text);
    },
  );

  it.each([
    [
      bytes('gr\xf6\xdfe'),
      'x: expected text in UTF-8, got other bytes: use --encoding latin1, or save the file in UTF-8',
    ],
    [wide('x,kind\n1,a\n'), 'x: expected text in UTF-8, got UTF-16: use --encoding utf-16le'],
    [bytes('PK\u0003\u0004'), 'x: expected text, got an Excel workbook or a ZIP archive: save the sheet as CSV'],
    [bytes('PAR1\x15\x04'), 'got a Parquet file'],
  ])('are refused with the next step: %j', (given, message) => {
    expect(() => decodeText(given, 'x')).toThrow(message);
  });
});

describe('measures of columns', () => {
  const measure = (cells: readonly unknown[]) =>
    measureColumns(read(`x,k\n${cells.map((cell, n) => `${cell},${n % 2}`).join('\n')}\n`, { missing: 'mean' }))[0];
  const spread = Array.from({ length: 40 }, (_, n) => ((n * 7) % 11) / 4);

  it('are those of the values that are not missing', () => {
    expect(measure([1, 'NA', 4, 4])).toEqual({
      ...{
        kind: 'number',
        name: 'x',
        missing: 1,
        distinct: 2,
        least: 1,
        greatest: 4,
        mean: 3,
        standardDeviation: Math.SQRT2,
      },
    });
    expect(measure(['r', 'g', '', 'r'])).toEqual({
      kind: 'categories',
      name: 'x',
      distinct: 2,
      missing: 1,
      counts: { g: 1, r: 2 },
    });
  });

  it.each([
    [[...spread, 1e9], '1000000000 is far from the others and makes them equal after standardisation'],
    [spread.map((_, n) => n + 100), 'the values count the rows: drop the column with --ignore x'],
    [[5, 5, 5], 'each row has 5, which tells nothing about the label'],
    [['r', 'r', 'r'], 'each row has r'],
  ])('warn of columns that tell little', (cells, warning) => {
    expect(measure(cells)?.warning).toContain(warning);
  });

  it.each([[spread], [spread.map((_, n) => (n === 5 ? 40 : 0))], [[...spread, 60]], [spread.map((_, n) => n * n)]])(
    'do not warn of other columns',
    (cells) => {
      expect(measure(cells)?.warning).toBeUndefined();
    },
  );
});

describe('the columns of a model', () => {
  it('decide which columns are read, and in which order', () => {
    const columns = [
      { kind: 'number', name: 'x' },
      { kind: 'number', name: 'y' },
    ] as const;
    for (const options of [{ features: ['y', 'x'] }, { ignore: ['x'] }]) {
      expect(read(lines(','), { ...options, columns, labelColumn: 'kind' })).toMatchObject(EXPECTED);
    }
  });
});
