/** Sizes of what the host allocates, against the shapes that assembly/records.ts documents. */
import { describe, expect, it } from 'vitest';
import { NetworkMemory, type NetworkOptions, networkBytes } from '../../src/core/network-memory.ts';
import { loadBuild } from '../support/kernels.ts';

const kernels = loadBuild();
const { call } = kernels;

/** Every region starts at a multiple of 128 bytes; a record takes one line. */
const RECORD = 128;
const total = (...regions: readonly number[]) =>
  regions.reduce((sum, bytes) => sum + Math.ceil(bytes / 128) * 128, RECORD);

/** Columns of tiles of 32, and of a last one of 4, 16 or 32. */
function tile(outputs: number): number {
  const rest = outputs % 32;
  return outputs - rest + ([0, 4, 16, 32].find((width) => width >= rest) ?? 0);
}

const WITHOUT: NetworkOptions = {
  precision: 'float32',
  loss: 'cross-entropy',
  rows: 1,
  training: false,
  sparse: false,
  velocity: false,
  secondMoment: false,
  gradient: false,
  pending: false,
  dropout: false,
};
/** Members of a team, at most, and the samples whose updates may be pending. */
const [MEMBERS, PENDING] = [16, 64];

function expectedBytes(layers: readonly number[], options: Partial<NetworkOptions>, gated: boolean): number {
  const all = { ...WITHOUT, ...options };
  const { precision, rows, training, sparse, velocity, secondMoment, gradient, pending, dropout } = all;
  const int8 = precision === 'int8';
  const [inputs = 0] = layers;
  const pairs = layers.slice(1).map((outputs, l) => ({
    inputs: layers[l] ?? 0,
    columns: tile(outputs),
    // Rows consist of whole pairs of vectors.
    padded: 8 * Math.ceil(tile(outputs) / 8),
  }));
  const parameters = pairs.flatMap((layer) => [
    layer.columns * (int8 ? 2 * Math.ceil(layer.inputs / 2) : 4 * layer.inputs),
    ...(int8 ? [4 * layer.padded] : []),
    4 * layer.padded,
  ]);
  const parameterBytes = total(...parameters) - RECORD;
  const batch = training && rows > 1;
  const classes = pairs.at(-1)?.padded ?? 0;
  return total(
    52 * pairs.length,
    ...parameters,
    velocity ? parameterBytes : 0,
    secondMoment ? parameterBytes : 0,
    gradient ? parameterBytes : 0,
    // Inputs: entries of 8 bytes, an address, a count and a number for each row, and spans of each member.
    ...[8 * rows * inputs, 4 * rows, 4 * rows, 4 * rows, 8 * rows * MEMBERS],
    ...(batch && sparse ? [8 * rows * inputs, 4 * (inputs + MEMBERS)] : []),
    ...(training ? [8 * rows, 4 * rows] : []),
    ...(pending ? [8 * inputs, 4 * (1 + PENDING) * (pairs[0]?.padded ?? 0), 16 * inputs] : []),
    int8 ? 8 * Math.ceil(Math.max(...layers.slice(0, -1)) / 2) : 0,
    4 * rows * classes,
    ...pairs.flatMap(({ inputs: below, padded }, l) => [
      4 * rows * padded,
      4 * rows * padded,
      l < pairs.length - 1 && (training || gradient) && (dropout || gated) ? 4 * rows * padded : 0,
      batch && (l > 0 || !sparse) ? 8 * rows * Math.floor(below / 2) : 0,
    ]),
  );
}

describe('bytes of a network', () => {
  // Full lines and one element more or less: a size that is wrong by one element takes another line, or one less.
  const LAYERS = [
    [1, 1],
    [32, 32, 32],
    [16, 32, 4],
    [33, 17, 5],
    [64, 31, 10],
    [112, 128, 16],
    [31, 5, 16],
  ];
  const OPTIONS: Partial<NetworkOptions>[] = [
    {},
    { rows: 16 },
    { rows: 32 },
    { precision: 'int8' },
    { training: true, pending: true, sparse: true },
    ...[2, 15, 16, 17, 32].flatMap((rows) => [
      { training: true, rows },
      { training: true, rows, sparse: true, velocity: true, gradient: true },
    ]),
    { gradient: true },
    { velocity: true, training: true },
    { velocity: true, secondMoment: true, gradient: true, training: true },
    { training: true, rows: 15, dropout: true },
  ];

  it.each(LAYERS.map((layers) => ({ layers })))('$layers', ({ layers }) => {
    for (const hiddenActivation of ['tanh', 'silu'] as const) {
      const spec = { layers, hiddenActivation };
      for (const options of OPTIONS) {
        const all = { ...WITHOUT, ...options };
        const expected = expectedBytes(layers, options, hiddenActivation === 'silu');
        expect(networkBytes(kernels, spec, all), JSON.stringify(options)).toBe(expected);
        const before = kernels.allocatedBytes;
        const memory = new NetworkMemory(kernels, spec, all);
        expect(kernels.allocatedBytes - before).toBe(expected);
        memory.free();
      }
    }
  });
});

it.each([1, 31, 32, 33, 64, 65])('bytes of %i samples', (samples) => {
  for (const columns of [1, 32, 33, 128]) {
    const mask = 4 * Math.ceil(columns / 32);
    const table = 4 * 256;
    const size = (kind: 'INPUT_BYTES' | 'INPUT_FLOATS' | 'INPUT_PACKED', values = 0) =>
      call.samplesBytes(kernels.constant(kind), samples, columns, 2, false, values);
    const [targets, weighted] = [12, true];
    expect(call.samplesBytes(kernels.constant('INPUT_FLOATS'), samples, columns, targets, weighted, 0)).toBe(
      total(4 * samples * columns, targets * samples, 4 * samples, table),
    );
    expect(size('INPUT_BYTES')).toBe(total(samples * columns, 2 * samples, table));
    expect(size('INPUT_FLOATS')).toBe(total(4 * samples * columns, 2 * samples, table));
    for (const values of [1, 128, 129]) {
      expect(size('INPUT_PACKED', values)).toBe(total(samples * mask, 2 * samples, table, 4 * (samples + 1), values));
    }
  }
});

it.each([1, 31, 32, 33])('bytes of a run over %i samples', (samples) => {
  for (const steps of [1, 32, 33]) {
    expect(call.trainerBytes(samples, steps)).toBe(total(4 * samples, 4 * steps, 4 * steps));
  }
});

it.each([
  { rows: 28, columns: 28, sigma: 0 },
  { rows: 28, columns: 28, sigma: 5 },
  { rows: 5, columns: 7, sigma: 1 },
  { rows: 13, columns: 13, sigma: 2.5 },
  { rows: 1, columns: 1, sigma: 3 },
  { rows: 29, columns: 125, sigma: 4 },
])('bytes of the distortions of $rows × $columns pixels, sigma $sigma', ({ rows, columns, sigma }) => {
  const whole = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;
  // Nodes are sigma apart, with one beyond each end. Rows of fields are whole pairs of vectors.
  const nodes = (length: number) => (sigma === 0 ? 0 : Math.ceil((length - 1) / sigma) + 3);
  const [field, basis] = [whole(columns, 8), whole(rows, 8)];
  const picture = whole((rows + 3) * (columns + 3), 16) + whole(rows * columns + 4, 16);
  const scratch = whole(picture + 4 * (2 * field + 2 * nodes(rows) * field + nodes(columns)), 128);
  for (const members of [1, 2, 3, 8]) {
    expect(call.augmentationBytes(rows, columns, sigma, members)).toBe(
      total(4 * nodes(rows) * basis, 4 * nodes(columns) * field, 48 * members, members * scratch),
    );
  }
});
