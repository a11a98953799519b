/** Small inputs that name large numbers, or have many tiny parts: refused before the work or the memory is spent. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { expandGrid } from '../../src/core/grid.ts';
import { csvPieces } from '../../src/data/csv-pieces.ts';
import { csvSamples } from '../../src/data/csv-samples.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { gunzipIfNeeded } from '../../src/data/decode.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { ellipseDataset } from '../../src/data/generated.ts';
import { formatIdx, parseIdx } from '../../src/data/idx.ts';
import { parseModel, parseSafetensors } from '../../src/format/index.ts';
import { parseOnnx } from '../../src/format/onnx/index.ts';
import { EdgeMlpError } from '../../src/index.ts';
import { field, longs, node, onnxFile, tensor, value, whole } from '../support/onnx.ts';
import { utf8 } from './values.ts';

const MB = 2 ** 20;

/** `size` bytes of a repeated part. */
function repeat(part: readonly number[], size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => part[i % part.length] ?? 0);
}

/** A field of a large message. */
function wrap(number: number, content: Uint8Array): Uint8Array {
  const [start] = [field(number, [])];
  const length: number[] = [];
  for (let rest = content.length; rest > 0 || length.length === 0; rest >>= 7)
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
  return Buffer.concat([Uint8Array.from(start.slice(0, -1)), Uint8Array.from(length), content]);
}

const GRAPH = 7;
const NODE = 1;
/** A node with this many axes. */
const withAxes = (type: string, count: number) =>
  onnxFile({
    nodes: [node(type, ['w', 'axes'], 'v')],
    initializers: [tensor('w', [1], [1]), longs('axes', Array(count).fill(1))],
    inputs: [value('x', ['N', 1])],
    outputs: [],
  });

describe('an ONNX file of 2 MB', () => {
  it.each<[string, Uint8Array]>([
    ['graphs', repeat([(GRAPH << 3) | 2, 0], 2 * MB)],
    ['attributes', wrap(GRAPH, wrap(NODE, repeat([0x2a, 0], 2 * MB)))],
    ['texts of a tensor', wrap(GRAPH, wrap(5, repeat([0x32, 0], 2 * MB)))],
    ['inputs of a node', wrap(GRAPH, wrap(NODE, repeat([0x0a, 0], 2 * MB)))],
    ['whole numbers', wrap(GRAPH, wrap(5, wrap(7, new Uint8Array(2 * MB))))],
    ['sizes of an input', wrap(GRAPH, wrap(11, wrap(2, wrap(1, wrap(2, repeat([0x0a, 0], 2 * MB))))))],
    ['entries of metadata', repeat([0x72, 0], 2 * MB)],
  ])('with empty %s is refused', (_, bytes) => {
    expect(() => parseOnnx(bytes, 'x')).toThrow('more than 65,536 parts');
  });
});

describe('an ONNX file', () => {
  it.each(['Unsqueeze', 'Squeeze', 'Reshape'])('with 60,000 axes for %s is refused', (type) => {
    expect(() => parseOnnx(withAxes(type, 60_000), 'x')).toThrow('expected at most 8 axes, got 60,000');
  });

  it('with a tensor of 9 dimensions is refused', () => {
    const bytes = onnxFile({
      nodes: [],
      initializers: [tensor('w', Array(9).fill(1), [1])],
      inputs: [value('x', ['N', 1])],
      outputs: [],
    });
    expect(() => parseOnnx(bytes, 'x')).toThrow('expected at most 8 dimensions, got 9');
  });

  it('with a shape of 2^60 numbers is refused', () => {
    const weights = [...[2 ** 30, 2 ** 30].flatMap((size) => whole(1, size)), ...whole(2, 1), ...field(8, 'w')];
    const bytes = onnxFile({ nodes: [], initializers: [weights], inputs: [value('x', ['N', 1])], outputs: [] });
    expect(() => parseOnnx(bytes, 'x')).toThrow('numbers for its shape');
  });
});

function safetensors(header: string): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return Buffer.concat([length, utf8(header)]);
}

describe('a safetensors file', () => {
  it('with 500,000 nested lists is refused', () => {
    expect(() => parseSafetensors(safetensors('['.repeat(MB / 2) + ']'.repeat(MB / 2)), 'x')).toThrow(
      'at most 16 levels',
    );
  });

  it('with nested lists in its metadata is refused', () => {
    const metadata = { format: 'edge-mlp', formatVersion: '1', spec: '['.repeat(10_000) };
    const header = JSON.stringify({ __metadata__: metadata });
    expect(() => parseModel(safetensors(header), 'x')).toThrow('metadata spec: expected JSON of at most 16 levels');
  });

  it('with 2 million parts in its header is refused', () => {
    expect(() => parseSafetensors(safetensors(`{"a":[${'[],'.repeat(1_000_000)}[]]}`), 'x')).toThrow(
      'at most 1,000,000',
    );
  });

  it.each(['[4294967296,4294967296]', '[9007199254740991]'])('of shape %s is refused', (shape) => {
    const header = `{"a":{"dtype":"F32","shape":${shape},"data_offsets":[0,0]}}`;
    expect(() => parseSafetensors(safetensors(header), 'x')).toThrow(EdgeMlpError);
  });

  it('with layers of 2^50 weights is refused', () => {
    const spec = '{"layers":[1048576,1048576,1073741824],"hiddenActivation":"relu"}';
    const header = JSON.stringify({ __metadata__: { format: 'edge-mlp', formatVersion: '1', spec } });
    expect(() => parseModel(safetensors(header), 'x')).toThrow('layers: expected at most 4,096 outputs');
  });
});

describe('an IDX file', () => {
  it('of 2^96 bytes is refused', () => {
    const bytes = formatIdx({ shape: [1, 1, 1], data: Uint8Array.of(1) });
    bytes.fill(255, 4, 16);
    expect(() => parseIdx(bytes, 'x', [3])).toThrow('the file is truncated');
  });
});

describe('a gzip file', () => {
  it('of 16 KB that inflates to 16 MB is refused above the limit', async () => {
    const bytes = Uint8Array.from(gzipSync(new Uint8Array(16 * MB)));
    await expect(gunzipIfNeeded(bytes, 'x', MB)).rejects.toThrow('at most 1,048,576 bytes after decompression');
    expect((await gunzipIfNeeded(bytes, 'x')).length).toBe(16 * MB);
  });
});

describe('a table with 100,000 columns', () => {
  const header = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
  const row = (cell: string) => header.map((_, i) => (i === header.length - 1 ? cell : '1')).join();
  const text = `${header.join()}\n${row('a')}\n${row('b')}\n`;

  it('is read in time in proportion to its size', () => {
    expect(csvDataset(text, { name: 'x' }).columns).toBe(99_999);
    const features = header.slice(0, -1);
    const columns = features.map((name) => ({ kind: 'number', name }) as const);
    expect(csvDataset(text, { name: 'x', features }).columns).toBe(99_999);
    expect(csvSamples(text, { name: 'x', columns, inputs: 99_999 }).inputs.length).toBe(2 * 99_999);
  });

  it('is not repeated in thousands of pieces', () => {
    const rows = '1,2\n'.repeat(1000);
    expect(() => csvPieces(`${'a'.repeat(900)},b\n${rows}`, { name: 'x', bytes: 1000 })).toThrow(
      'expected a header of at most 500',
    );
  });
});

describe('counts of options', () => {
  it.each([
    ['train --hidden', ['train', '--hidden', Array(100).fill(4096).join()]],
    ['sweep --seeds', ['sweep', '--seeds', '100001']],
    ['reproduce --seeds', ['reproduce', '--seeds', '4294967295']],
    ['data show --sights', ['data', 'show', '--data', 'digits', '--augment', 'shift', '--sights', '4294967295']],
    ['repeat --seeds', ['repeat', '--seeds', '4294967295']],
    [
      'a sweep of 10^12 runs',
      ['sweep', '--data', 'ellipse', ...lists(['learning-rate', 'batch-size', 'epochs', 'momentum'])],
    ],
    ['10^9 schedules', ['sweep', '--data', 'ellipse', ...lists(['gamma', 'step-epochs']), '--schedule', 'step,cosine']],
    [
      '1,000 combinations and 1,000 seeds',
      ['sweep', '--data', 'ellipse', ...lists(['learning-rate']), '--seeds', '1000'],
    ],
  ])('%s is refused', async (_, words) => {
    const program = createProgram();
    for (const command of program.commands) command.configureOutput({ writeErr: () => {} });
    await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow(
      /at most|from 1 to 100000|2 to 64|from 0 to 10,000/,
    );
  });

  /** 1,000 values for each option. */
  function lists(names: readonly string[]): string[] {
    return names.flatMap((name) => [
      `--${name}`,
      Array.from({ length: 1000 }, (_, i) => (name === 'momentum' ? i / 1000 : i + 1)).join(),
    ]);
  }

  it('a grid of 10^300 combinations is refused', () => {
    const values = Array(1000).fill(1);
    const grid = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`option${i}`, values]));
    expect(() => expandGrid(grid)).toThrow('expected at most 100,000 runs');
  });

  it.each([-1, 0.5, Number.NaN, 1_000_001, 2 ** 53])('%d generated samples are refused', (samples) => {
    for (const generate of [digitsDataset, ellipseDataset]) {
      expect(() => generate({ samples, seed: 1 })).toThrow('samples: expected a whole number from 0 to 1,000,000');
    }
  });
});

describe('messages of errors', () => {
  it('have at most 2,002 characters', () => {
    expect(new EdgeMlpError('bad-data', 'x'.repeat(MB)).message.length).toBe(2002);
  });
});
