import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { csvDataset } from '../../src/data/csv.ts';
import {
  applyScaling,
  fitStandardScaling,
  formatIdx,
  gunzipIfNeeded,
  idxDataset,
  parseIdx,
} from '../../src/data/index.ts';

const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
const imageBytes = formatIdx({ shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => i * 20) });
const labelBytes = formatIdx({ shape: [3], data: Uint8Array.of(7, 0, 9) });
const read = (images: Uint8Array<ArrayBuffer>, labels: Uint8Array<ArrayBuffer>) =>
  idxDataset({
    name: 'set',
    images: { name: 'images', bytes: images },
    labels: { name: 'labels', bytes: labels },
    classes,
  });

describe('IDX', () => {
  it('is read', () => {
    expect(read(imageBytes, labelBytes)).toEqual({
      name: 'set',
      inputs: Uint8Array.from({ length: 12 }, (_, i) => i * 20),
      labels: Uint16Array.of(7, 0, 9),
      columns: 4,
      classes,
      scaling: { kind: 'bytes' },
      imageShape: [2, 2],
    });
  });

  it('has the header of the format', () => {
    expect([...imageBytes.subarray(0, 16)]).toEqual([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2]);
  });

  it.each([
    [
      'cut short',
      () => read(imageBytes.slice(0, 20), labelBytes),
      'images: expected 28 bytes for 3 × 2 × 2, got 20: the file is truncated',
    ],
    [
      'too long',
      () => read(new Uint8Array([...imageBytes, 0]), labelBytes),
      'images: expected 28 bytes for 3 × 2 × 2, got 29: the file is too long',
    ],
    [
      'labels as images',
      () => read(labelBytes, labelBytes),
      'images: expected IDX magic number 0x00000803, got 0x00000801',
    ],
    [
      'other text',
      () => read(new TextEncoder().encode('<html>'), labelBytes),
      'images: expected IDX magic number 0x00000803, got 0x3c68746d',
    ],
    [
      'a header cut short',
      () => read(imageBytes.slice(0, 9), labelBytes),
      'images: expected an IDX header of 16 bytes, got 9 bytes',
    ],
    ['empty', () => read(new Uint8Array(0), labelBytes), 'images: expected an IDX file, got 0 bytes'],
    [
      'counts that differ',
      () => read(imageBytes, formatIdx({ shape: [2], data: Uint8Array.of(1, 2) })),
      'labels: expected 3 labels, as many as the images of images, got 2',
    ],
    [
      'a label outside the classes',
      () => read(imageBytes, formatIdx({ shape: [3], data: Uint8Array.of(1, 10, 2) })),
      'labels: expected labels from 0 to 9, got 10 at sample 1',
    ],
    [
      'no images',
      () =>
        read(
          formatIdx({ shape: [0, 28, 28], data: new Uint8Array() }),
          formatIdx({ shape: [0], data: new Uint8Array() }),
        ),
      'images: expected images, got 0 × 28 × 28',
    ],
    [
      'sizes that overflow',
      () => parseIdx(Uint8Array.of(0, 0, 8, 3, ...Array(12).fill(255)), 'images', [3]),
      'the file is truncated',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('gzip', () => {
  const packed = new Uint8Array(gzipSync(imageBytes));

  it('is decompressed, and other bytes are unchanged', async () => {
    expect(await gunzipIfNeeded(packed, 'x')).toEqual(imageBytes);
    expect(await gunzipIfNeeded(imageBytes, 'x')).toEqual(imageBytes);
  });

  it.each([3, 12, packed.length - 9, packed.length - 1])('truncated at %i', async (length) => {
    await expect(gunzipIfNeeded(packed.slice(0, length), 'train.gz')).rejects.toThrow(
      'train.gz: expected a complete gzip file',
    );
  });

  it('damaged', async () => {
    const damaged = packed.slice();
    damaged[damaged.length - 5] = (damaged[damaged.length - 5] ?? 0) ^ 1;
    await expect(gunzipIfNeeded(damaged, 'train.gz')).rejects.toThrow('train.gz: expected a complete gzip file');
  });
});

describe('CSV', () => {
  const text = 'a,b,kind\n1,2,yes\n3,-4.5e1,no\r\n\n"5","6","yes"\n';

  it('is read: header, numbers, labels of text, sorted classes', () => {
    const { inputs, labels, classes, columns } = csvDataset(text, { name: 'x.csv' });
    expect([...inputs]).toEqual([1, 2, 3, -45, 5, 6]);
    expect([...labels]).toEqual([1, 0, 1]);
    expect(classes).toEqual(['no', 'yes']);
    expect(columns).toBe(2);
  });

  it('samples have the line of the file on which their row begins, also after line breaks in quotes and empty lines', () => {
    const { lines } = csvDataset('x,k\n1,"a\nb"\n\n2,c\n,d\n3,c\n', { name: 'x.csv', missing: 'drop' });
    expect([...(lines ?? [])]).toEqual([2, 5, 7]);
  });

  it('labels of numbers are sorted as numbers, any column may hold them, classes may be given', () => {
    const numbers = 'label,x\n10,1\n9,2\n2,3\n';
    expect(csvDataset(numbers, { name: 'x', labelColumn: 'label' }).classes).toEqual(['2', '9', '10']);
    const known = csvDataset(numbers, { name: 'x', labelColumn: 'label', classes: ['2', '3', '9', '10'] });
    expect([...known.labels]).toEqual([3, 2, 0]);
    expect(() => csvDataset(numbers, { name: 'x', labelColumn: 'label', classes: ['2', '9'] })).toThrow(
      'x: line 2: expected one of the labels 2, 9, got "10"',
    );
  });

  it.each([
    ['a,b\n1,2\n1,2,3\n', 'x.csv: line 3: expected 2 cells, as the header has, got 3'],
    ['a,b\n1,2\n1\n', 'x.csv: line 3: expected 2 cells, as the header has, got 1'],
    ['a,b\n1,"2\n', 'x.csv: line 2: expected CSV, got: Quoted field unterminated'],
    ['', 'x.csv: expected a header line, got an empty file'],
    ['\n \n', 'x.csv: expected a header line, got an empty file'],
    ['a,b\n', 'x.csv: expected samples below the header, got none'],
    ['b\n1\n2\n', 'x.csv: expected at least one feature and a label, got only b'],
    [`a,${Array.from({ length: 900 }, (_, i) => `b${i}`)}\n1,2\n`, /^x\.csv: line 2: expected 901 cells/],
    ['a,b\n1,2\n3,2\n', 'x.csv: expected at least two classes, got 2'],
  ])('%j', (bad, message) => {
    expect(() => csvDataset(bad, { name: 'x.csv' })).toThrow(message);
  });

  it('a missing label column', () => {
    expect(() => csvDataset(text, { name: 'x.csv', labelColumn: 'c' })).toThrow(
      'x.csv: expected a column "c", got a, b, kind',
    );
  });

  it('features and labels are found by their headers', () => {
    const known = { name: 'x', features: ['a', 'b'], classes: ['no', 'yes'] };
    const swapped = csvDataset('kind,b,a\nyes,2,1\n', known);
    expect([...swapped.inputs]).toEqual([1, 2]);
    expect([...swapped.labels]).toEqual([1]);
    expect(() => csvDataset('kind,c,a\nyes,2,1\n', { ...known, labelColumn: 'kind' })).toThrow(
      'x: expected a column "b", got kind, c, a',
    );
    expect(() => csvDataset('kind,b,a,more\nyes,2,1,5\n', known)).toThrow(
      'expected one label column besides a, b, got columns kind, more',
    );
    expect(() => csvDataset('a,b,a\n1,2,3\n', { ...known, labelColumn: 'a' })).toThrow(
      'x: expected one column "a", got a, b, a',
    );
  });

  it('a constant feature is shifted and not divided', () => {
    const rows = Array.from({ length: 60 }, (_, n) => `0.1,${n},${n % 2}`).join('\n');
    const scaling = fitStandardScaling(csvDataset(`a,b,k\n${rows}\n`, { name: 'x' }));
    expect(scaling).toMatchObject({ kind: 'standard', standardDeviation: [1, Math.sqrt((60 * 60 - 1) / 12)] });
  });

  it('is standardised by the training samples, as are all other samples', () => {
    const training = csvDataset('a,b,c,k\n1,5,2,x\n3,5,4,y\n5,5,9,x\n', { name: 'x' });
    const scaling = fitStandardScaling(training);
    const scaled = applyScaling(training, scaling);
    for (const column of [0, 2]) {
      const values = [0, 1, 2].map((n) => scaled.inputs[3 * n + column] ?? Number.NaN);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6);
      expect(values.reduce((sum, value) => sum + value * value, 0) / 3).toBeCloseTo(1, 6);
    }
    expect(scaled.inputs[1]).toBe(0);
    const other = applyScaling(csvDataset('a,b,c,k\n3,6,5,x\n3,5,5,y\n', { name: 'y' }), scaling);
    expect(other.inputs[0]).toBeCloseTo(0, 6);
    expect(other.inputs[1]).toBe(1);
    expect(() => applyScaling(csvDataset('a,k\n3,x\n2,y\n', { name: 'y' }), scaling)).toThrow(
      'y: expected 3 features, got 1',
    );
    expect(() => applyScaling({ ...training, scaling: { kind: 'bytes' } }, scaling)).toThrow(
      'expected inputs for standard scaling, got bytes',
    );
  });
});
