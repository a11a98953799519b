/**
 * npm run bench:kernels
 *
 * What each kernel takes on the assignment's shapes, for each of some 2,000 generated digits: the least mean of seven rounds, as the
 * machine is shared. `L1` repeats the first layer on 20 rows of weights, which fit the first-level cache; `dense` has 784
 * inputs that are not zero. Batches are of 64, row by row and all at once, to the same bits.
 */
import { digitsDataset } from '../src/data/index.ts';
import { loadKernels, Mlp } from '../src/runtime/node.ts';

/** Whole batches. */
const DIGITS = 31 * 64;
const kernels = await loadKernels();
const { call } = kernels;
const floats = (length: number) => kernels.allocate(4 * length);

const { inputs } = digitsDataset({ samples: DIGITS, seed: 1 });
const rows = kernels.allocate(inputs.length);
kernels.bytes(rows, inputs.length).set(inputs);
const table = floats(256);
kernels.floats(table, 256).set(Float32Array.from({ length: 256 }, (_, byte) => byte / 255));
const [w1, b1, h, dh] = [floats(784 * 304), floats(304), floats(304), floats(304)];
const [w2, b2, z, y] = [floats(300 * 16), floats(16), floats(16), floats(16)];
kernels.floats(w1, 784 * 304).fill(0.01);
kernels.floats(w2, 300 * 16).fill(0.01);
kernels.floats(dh, 304).fill(1e-6);

/** Lists of the non-zero pixels of all digits, and the same with their rows folded into 20. */
const lists = Array.from({ length: DIGITS }, (_, n) => {
  const [entries, near] = [floats(2 * 784), floats(2 * 784)];
  const count = call.gatherBytes(entries, rows + n * 784, table, 784);
  kernels.bytes(near, 8 * count).set(kernels.bytes(entries, 8 * count));
  const words = kernels.words(near, 2 * count);
  for (let k = 0; k < count; k++) words[2 * k] = k % 20;
  return { entries, near, count };
});
const scratch = floats(2 * 784);
const nonZero = lists.reduce((sum, { count }) => sum + count, 0) / DIGITS;

const parts: [name: string, run: (n: number, list: (typeof lists)[number]) => void][] = [
  ['list the non-zero pixels', (n) => call.gatherBytes(scratch, rows + n * 784, table, 784)],
  ['first layer forward', (_, { entries, count }) => call.linearForwardSparse(h, entries, count, w1, b1, 784, 300)],
  ['first layer forward, L1', (_, { near, count }) => call.linearForwardSparse(h, near, count, w1, b1, 784, 300)],
  ['sigmoid of 304', () => call.sigmoidForward(h, h, 304)],
  ['second layer forward', () => call.linearForward(z, h, w2, b2, 300, 10)],
  ['softmax of 10', () => call.softmaxForward(y, z, 10)],
  ['second layer, gradient to its input', () => call.linearBackwardInput(dh, z, w2, 300, 10)],
  ['sigmoid backward', () => call.sigmoidBackward(dh, dh, h, 304)],
  ['second layer update', () => call.linearBackwardWeight(w2, b2, h, z, 0, 300, 10)],
  [
    'first layer update',
    (_, { entries, count }) => call.linearBackwardWeightSparse(w1, b1, entries, count, dh, 0, 784, 300),
  ],
  [
    'first layer update, L1',
    (_, { near, count }) => call.linearBackwardWeightSparse(w1, b1, near, count, dh, 0, 784, 300),
  ],
];

const [deferred, touches, zeros] = [floats(2 * 784), floats(4 * 784), floats(304)];
call.clearDeferred(deferred, zeros, 784);
parts.push([
  'update that waited, and forward',
  (_, { entries, count }) => {
    call.deferEntries(touches, deferred, entries, count, dh, 0);
    call.linearForwardDeferred(h, touches, count, w1, b1, 784, 300);
  },
]);

const BATCH = 64;
const [hs, dhs] = [floats(BATCH * 304), floats(BATCH * 304)];
kernels.floats(dhs, BATCH * 304).fill(1e-6);
// Rows lie as far from each other as in training, where a row has room for as many entries as inputs.
const DENSE_BYTES = 8 * 784;
const dense = floats(BATCH * 2 * 784);
kernels.floats(dense, BATCH * 2 * 784).fill(0.5);
const pairs = floats(BATCH * 784);
const [starts, columns] = [floats(785), floats(2 * 784 * BATCH)];
const [addresses, counts] = [floats(BATCH), floats(BATCH)];

const spans = floats(2 * BATCH);
const listBatch = (first: number) => {
  const batch = lists.slice(first, first + BATCH);
  kernels.words(addresses, BATCH).set(batch.map(({ entries }) => entries));
  kernels.words(counts, BATCH).set(batch.map(({ count }) => count));
};

/** Once for every full batch of digits. */
const batchwise = (run: (first: number) => void) => (n: number) => {
  if (n % BATCH === BATCH - 1) run(n - BATCH + 1);
};
const rowwise = (run: (row: number, n: number) => void) =>
  batchwise((first) => {
    for (let row = 0; row < BATCH; row++) run(row, first + row);
  });

parts.push(
  [
    'batch, first layer update, row by row',
    rowwise((row, n) => {
      const { entries, count } = lists[n] ?? { entries: 0, count: 0 };
      call.linearBackwardWeightSparse(w1, b1, entries, count, dhs + row * 1216, 0, 784, 300);
    }),
  ],
  [
    'batch, first layer update, by input',
    batchwise((first) => {
      listBatch(first);
      call.transposeEntries(starts, columns, addresses, counts, BATCH, 0, 784);
      call.linearBackwardWeightColumns(w1, starts, columns, dhs, 0, 784, 300, 0, 784, 0, 304);
    }),
  ],
  [
    'batch, first layer forward, row by row',
    rowwise((row, n) => {
      const { entries, count } = lists[n] ?? { entries: 0, count: 0 };
      call.linearForwardSparse(hs + row * 1216, entries, count, w1, b1, 784, 300);
    }),
  ],
  [
    'batch, first layer forward',
    batchwise((first) => {
      listBatch(first);
      call.linearForwardSparseBatch(hs, addresses, counts, spans, BATCH, w1, b1, 784, 300, 0, 304);
    }),
  ],
  [
    'batch, dense forward, row by row',
    rowwise((row) => call.linearForward(hs + row * 1216, dense + row * DENSE_BYTES, w1, b1, 784, 300)),
  ],
  [
    'batch, dense forward',
    batchwise(() => call.linearForwardBatch(hs, dense, DENSE_BYTES, BATCH, w1, b1, 784, 300, 0, 304)),
  ],
  [
    'batch, dense update, row by row',
    rowwise((row) => call.linearBackwardWeight(w1, b1, dense + row * DENSE_BYTES, dhs + row * 1216, 0, 784, 300)),
  ],
  [
    'batch, dense update',
    batchwise(() => call.linearBackwardWeightBatch(w1, dense, DENSE_BYTES, dhs, BATCH, 0, 784, 300, 0, 784, 0, 304)),
  ],
  [
    'batch, dense update, from pairs',
    batchwise(() => {
      call.packPairs(pairs, dense, DENSE_BYTES, BATCH, 0, 0, 392);
      call.linearBackwardWeightPairs(w1, pairs, dense, DENSE_BYTES, dhs, BATCH, 0, 784, 300, 0, 304);
    }),
  ],
);

const float32 = Mlp.create(kernels, { layers: [784, 300, 10] });
for (const mlp of [float32, float32.quantize()]) {
  parts.push(
    [`one digit, ${mlp.precision}`, (n) => mlp.predict(inputs.subarray(784 * n, 784 * (n + 1)))],
    [
      `digits in a batch, ${mlp.precision}`,
      (n) => {
        if (n === 0) mlp.predictBatch(inputs);
      },
    ],
  );
}

console.log(`| kernel, digits of ${nonZero.toFixed(0)} non-zero pixels | µs |\n|---|---|`);
for (const [name, run] of parts) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round++) {
    const started = performance.now();
    lists.forEach((list, n) => {
      run(n, list);
    });
    // The first round is for the engine to compile.
    if (round > 0) least = Math.min(least, ((performance.now() - started) * 1000) / DIGITS);
  }
  console.log(`| ${name} | ${least.toFixed(2)} |`);
}
