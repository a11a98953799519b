/** Parsers of data sets and images. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Dataset } from '../../../src/core/dataset.ts';
import { csvPieces } from '../../../src/data/csv-pieces.ts';
import { csvSamples } from '../../../src/data/csv-samples.ts';
import { csvDataset } from '../../../src/data/csv-table.ts';
import { decodeText, gunzipIfNeeded } from '../../../src/data/decode.ts';
import { formatIdx, parseIdx } from '../../../src/data/idx.ts';
import { digitInputs } from '../../../src/data/picture/index.ts';
import { decodePng } from '../../../src/data/png.ts';
import { describePictures, describeTable } from '../../../worker/datasets/pieces.ts';
import { encodePng, pngImages } from '../../support/png.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { assertFinite, MB, utf8 } from '../values.ts';

const side = fc.integer({ min: 0, max: 6 });

const idxArrays = fc.array(side, { minLength: 1, maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((data) => ({ shape, data: Uint8Array.from(data) }));
});

/** Labels and images, one file behind the other. */
const pieces = fc.tuple(fc.integer({ min: 1, max: 5 }), side, side).chain(([samples, rows, columns]) => {
  const pixels = samples * rows * columns;
  return fc
    .tuple(
      fc.uint8Array({ minLength: samples, maxLength: samples }),
      fc.uint8Array({ minLength: pixels, maxLength: pixels }),
    )
    .map(([labels, images]) =>
      Buffer.concat([
        formatIdx({ shape: [samples], data: Uint8Array.from(labels) }),
        formatIdx({ shape: [samples, rows, columns], data: Uint8Array.from(images) }),
      ]),
    );
});

const number = fc.oneof(fc.integer({ min: -99, max: 99 }).map(String), fc.float({ noNaN: true }).map(String));
const title = fc.oneof(
  fc.constantFrom('mass', 'sugar', 'size', 'kind', 'x"y', 'a,b', ' '),
  fc.string({ maxLength: 5 }),
);
const label = fc.oneof(fc.constantFrom('apple', 'plum', '1', '0x10', ''), fc.string({ maxLength: 4 }));

const tables = fc.integer({ min: 1, max: 5 }).chain((features) =>
  fc
    .record({
      header: fc.oneof(
        fc.uniqueArray(title, { minLength: features + 1, maxLength: features + 1 }),
        fc.array(title, { minLength: features, maxLength: features + 1 }),
      ),
      rows: fc.array(
        fc
          .tuple(fc.array(number, { minLength: features, maxLength: features }), label)
          .map(([cells, name]) => [...cells, name]),
        { minLength: 1, maxLength: 12 },
      ),
      delimiter: fc.constantFrom(',', ';', '\t'),
      newline: fc.constantFrom('\n', '\r\n', '\r'),
    })
    .map(({ header, rows, delimiter, newline }) =>
      utf8(
        [header, ...rows]
          .map((cells) =>
            cells.map((cell) => (/[",;\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter),
          )
          .join(newline),
      ),
    ),
);
/** Two columns of numbers. */
const numbersOnly = fc
  .tuple(fc.uniqueArray(title, { minLength: 2, maxLength: 2 }), fc.array(fc.tuple(number, number), { maxLength: 9 }))
  .map(([header, rows]) =>
    utf8([header.map((each) => JSON.stringify(each)), ...rows].map((row) => row.join(',')).join('\n')),
  );

const TABLE_SEEDS = [
  utf8('mass,sugar,kind\n180,10.5,apple\n65,11,plum\n70,9,plum\n'),
  utf8('"a b";"c""d";kind\r\n1;2;x\r\n3;4;"y\nz"\r\n\r\n-1e3;0.5;x'),
];

function checkDataset({ inputs, labels, columns, classes }: Dataset): void {
  assert.equal(inputs.length, labels.length * columns);
  assert(classes.length >= 2 && labels.length >= 1);
  assertFinite(inputs);
  assertFinite(labels, 0, classes.length - 1);
}

export const DATA_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'idx',
    seeds: [
      formatIdx({ shape: [2, 2, 3], data: new Uint8Array(12) }),
      formatIdx({ shape: [3], data: new Uint8Array(3) }),
    ],
    inputs: idxArrays.map(formatIdx),
    parse: (bytes) => assert.deepEqual(formatIdx(parseIdx(bytes, 'x', [1, 3])), bytes),
    memory: { perByte: 8, base: MB },
  },
  {
    name: 'pictures-piece',
    seeds: fc.sample(pieces, { numRuns: 3, seed: 1 }),
    inputs: pieces,
    parse: (bytes) => {
      const { samples, rows, columns, nonZero, classes } = describePictures(bytes);
      assert.equal(bytes.length, 8 + samples + 16 + samples * rows * columns);
      assert(nonZero <= samples * rows * columns && classes >= 1 && classes <= 256);
    },
    memory: { perByte: 8, base: MB },
  },
  {
    name: 'csv',
    seeds: TABLE_SEEDS,
    inputs: tables,
    parse: (bytes) => {
      const text = decodeText(bytes, 'x');
      const dataset = csvDataset(text, { name: 'x' });
      checkDataset(dataset);
      // The pieces of an upload have the same rows.
      const parts = csvPieces(text, { name: 'x', bytes: MB });
      assert.equal(
        parts.reduce((sum, { samples }) => sum + samples, 0),
        dataset.labels.length,
      );
    },
    memory: { perByte: 500, base: MB },
  },
  {
    name: 'table-piece',
    seeds: TABLE_SEEDS,
    inputs: tables,
    parse: (bytes) => {
      const { samples, features, classes } = describeTable(bytes, undefined);
      assert(samples >= 1 && features.length >= 1 && classes.length >= 1);
    },
    memory: { perByte: 500, base: MB },
  },
  {
    name: 'csv-samples',
    seeds: [utf8('a,b\n1,2\n3,4\n'), utf8('b;a\r\n1;2\r\n')],
    inputs: numbersOnly,
    parse: (bytes) => {
      const { inputs: samples } = csvSamples(decodeText(bytes, 'x'), { name: 'x', inputs: 2 });
      assert(samples.length > 0 && samples.length % 2 === 0);
      assertFinite(samples);
    },
    memory: { perByte: 500, base: MB },
  },
  {
    name: 'png',
    seeds: fc.sample(pngImages({}), { numRuns: 20, seed: 1 }).map(encodePng),
    inputs: pngImages({}).map(encodePng),
    parse: (bytes) => {
      const { width, height, pixels } = decodePng(bytes, 'x', 2 ** 22);
      assert.equal(pixels.length, width * height);
      digitInputs({ width, height, pixels }, 'x');
    },
    // A byte inflates to at most 1,032 bytes, which may hold eight pixels each.
    memory: { perByte: 20_000, base: MB },
  },
  {
    name: 'gzip-file',
    seeds: [gzipSync('some text, some text, some text'), gzipSync(new Uint8Array(10_000)), utf8('plain text')],
    inputs: fc
      .oneof(
        { weight: 9, arbitrary: fc.uint8Array({ maxLength: 500 }) },
        { weight: 1, arbitrary: fc.constant(new Uint8Array(40_000)) },
      )
      .map((content) => gzipSync(content)),
    parse: async (bytes) => assert((await gunzipIfNeeded(bytes, 'x', 20_000)).length <= Math.max(20_000, bytes.length)),
    memory: { perByte: 5000, base: MB },
  },
];
