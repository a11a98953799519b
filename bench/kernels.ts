/**
 * npm run bench:kernels
 *
 * Time of each kernel per generated digit, on the shapes of the assignment, with vectors of 128 bits and with widening
 * (docs/internals/performance.md): the smallest mean of many rounds over some 2,000 digits. Two processes alternate, one of
 * which has V8's flag. Times are of the processor. `L1` repeats the first layer on 20 rows of weights, which fit the
 * first-level cache. `dense` has 784 inputs that are not zero. Batches have 64 samples, computed row by row and all at
 * once, with bit-identical results.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { digitsDataset } from '../src/data/index.ts';
import { loadKernels, Mlp } from '../src/runtime/node.ts';
import { createLayer, loadBuild, testingExports } from '../test/support/kernels.ts';

/** Whole batches. */
const BATCH = 64;
const DIGITS = 31 * BATCH;
const ROUNDS = 20;
const kernels = loadBuild('testing');
const call = testingExports(kernels);
const floats = (length: number) => kernels.allocate(4 * length);
const sigmoid = kernels.constant('ACTIVATION_SIGMOID');
const bytes = kernels.constant('INPUT_BYTES');

const { inputs } = digitsDataset({ samples: DIGITS, seed: 1 });
const rows = kernels.allocate(inputs.length);
kernels.bytes(rows, inputs.length).set(inputs);
const table = floats(256);
kernels.floats(table, 256).set(Float32Array.from({ length: 256 }, (_, byte) => byte / 255));
const createFilled = (layerInputs: number, outputs: number, pending = false) =>
  createLayer(kernels, {
    inputs: layerInputs,
    outputs,
    weight: new Float32Array(layerInputs * outputs).fill(0.01),
    bias: new Float32Array(outputs),
    rows: pending ? 1 : BATCH,
    pending,
  });
const [first, second, late] = [createFilled(784, 300), createFilled(300, 10), createFilled(784, 300, true)];
const [h, dh, y, z] = [first.output, floats(BATCH * 304), floats(16), second.output];
kernels.floats(dh, BATCH * 304).fill(1e-6);
for (let row = 0; row < BATCH; row++) kernels.floats(dh + row * 1216 + 1200, 4).fill(0);

/** Lists of the non-zero pixels of all digits, and the same lists with their rows folded into 20. */
const lists = Array.from({ length: DIGITS }, (_, n) => {
  const [entries, near] = [floats(2 * 784), floats(2 * 784)];
  const count = call.gather(entries, bytes, rows + n * 784, 0, table, 784);
  kernels.bytes(near, 8 * count).set(kernels.bytes(entries, 8 * count));
  const words = kernels.words(near, 2 * count);
  for (let k = 0; k < count; k++) words[2 * k] = k % 20;
  return { entries, near, count };
});
const [addresses, nearAddresses, counts, spans] = [floats(DIGITS), floats(DIGITS), floats(DIGITS), floats(2 * BATCH)];
kernels.words(addresses, DIGITS).set(lists.map(({ entries }) => entries));
kernels.words(nearAddresses, DIGITS).set(lists.map(({ near }) => near));
kernels.words(counts, DIGITS).set(lists.map(({ count }) => count));
const scratch = floats(2 * 784);
const nonZero = lists.reduce((sum, { count }) => sum + count, 0) / DIGITS;

const forwardSparse = (from: number, n: number) =>
  call.linearForwardSparse(first.layer, h, from + 4 * n, counts + 4 * n, spans, 1, 0, 304);
const updateSparse = (entries: number, count: number, delta = dh) =>
  call.linearBackwardWeightSparse(first.layer, first.weight, entries, count, delta, 0);

const parts: [name: string, run: (n: number, list: (typeof lists)[number]) => void][] = [
  ['list the non-zero pixels', (n) => call.gather(scratch, bytes, rows + n * 784, 0, table, 784)],
  ['first layer forward', (n) => forwardSparse(addresses, n)],
  ['first layer forward, L1', (n) => forwardSparse(nearAddresses, n)],
  ['sigmoid of 304', () => call.activate(sigmoid, h, 304)],
  ['second layer forward', () => call.linearForward(second.layer, z, h, 1216, 1, 0, 16)],
  ['softmax of 10', () => call.softmaxForward(y, z, 10)],
  ['second layer, gradient to its input', () => call.linearBackwardInput(second.layer, dh, 1216, z, 1)],
  ['sigmoid backward', () => call.activateBackward(sigmoid, dh, h, 304)],
  ['second layer update', () => call.linearBackwardWeightDense(second.layer, second.weight, h, z, 0)],
  ['first layer update', (_, { entries, count }) => updateSparse(entries, count)],
  ['first layer update, L1', (_, { near, count }) => updateSparse(near, count)],
  [
    'pending update, and forward',
    (_, { entries, count }) => {
      call.setPending(late.memory.network, entries, count, dh, 0);
      call.linearForwardPending(late.memory.network, late.layer, count);
    },
  ],
];

// Rows are as far apart as in training, where a row has room for as many entries as inputs.
const DENSE_BYTES = 8 * 784;
const dense = floats(BATCH * 2 * 784);
kernels.floats(dense, BATCH * 2 * 784).fill(0.5);
const pairs = floats(BATCH * 784);
const [starts, columns] = [floats(785), floats(2 * 784 * BATCH)];

/** Once for every full batch of digits. */
const batchwise = (run: (from: number) => void) => (n: number) => {
  if (n % BATCH === BATCH - 1) run(n - BATCH + 1);
};
const rowwise = (run: (row: number, n: number) => void) =>
  batchwise((from) => {
    for (let row = 0; row < BATCH; row++) run(row, from + row);
  });

parts.push(
  [
    'batch, first layer update, row by row',
    rowwise((row, n) => {
      const { entries, count } = lists[n] ?? { entries: 0, count: 0 };
      updateSparse(entries, count, dh + row * 1216);
    }),
  ],
  [
    'batch, first layer update, by input',
    batchwise((from) => {
      call.transposeEntries(starts, columns, addresses + 4 * from, counts + 4 * from, BATCH, 0, 0, 784, 784);
      call.linearBackwardWeightColumns(first.layer, first.weight, starts, columns, dh, 0, 784, 0, 304);
    }),
  ],
  ['batch, first layer forward, row by row', rowwise((_, n) => forwardSparse(addresses, n))],
  [
    'batch, first layer forward',
    batchwise((from) =>
      call.linearForwardSparse(first.layer, h, addresses + 4 * from, counts + 4 * from, spans, BATCH, 0, 304),
    ),
  ],
  [
    'batch, dense forward, row by row',
    rowwise((row) =>
      call.linearForward(first.layer, h + row * 1216, dense + row * DENSE_BYTES, DENSE_BYTES, 1, 0, 304),
    ),
  ],
  ['batch, dense forward', batchwise(() => call.linearForward(first.layer, h, dense, DENSE_BYTES, BATCH, 0, 304))],
  [
    'batch, dense update, row by row',
    rowwise((row) =>
      call.linearBackwardWeightDense(first.layer, first.weight, dense + row * DENSE_BYTES, dh + row * 1216, 0),
    ),
  ],
  [
    'batch, dense update',
    batchwise(() => {
      call.packPairs(pairs, dense, DENSE_BYTES, BATCH, 0, 0, BATCH, 0, 392);
      call.linearBackwardWeightRows(first.layer, first.weight, dense, DENSE_BYTES, dh, BATCH, 0, pairs, 0, 304);
    }),
  ],
);

const float32 = Mlp.create(await loadKernels(), { layers: [784, 300, 10] });
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

/** Processor time of each part, µs per digit. */
function measureParts(): Record<string, number> {
  const times: Record<string, number> = {};
  for (const [name, run] of parts) {
    times[name] = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const started = process.cpuUsage();
      lists.forEach((list, n) => {
        run(n, list);
      });
      const { user, system } = process.cpuUsage(started);
      // The engine optimises in the first rounds.
      if (round > 2) times[name] = Math.min(times[name], (user + system) / DIGITS);
    }
  }
  return times;
}

/** The times of another process. A small budget lets the engine optimise every kernel in the first round. */
function measureProcess(flags: readonly string[]): Record<string, number> {
  const program = [...flags, '--wasm-tiering-budget=20000', fileURLToPath(import.meta.url), 'measure'];
  return JSON.parse(execFileSync(process.execPath, program, { encoding: 'utf8' }));
}

if (process.argv[2] === 'measure') {
  console.log(JSON.stringify(measureParts()));
} else {
  const best: Record<string, number[]> = {};
  for (let repeat = 0; repeat < 3; repeat++) {
    for (const [column, flags] of [[], ['--experimental-wasm-revectorize']].entries()) {
      for (const [name, time] of Object.entries(measureProcess(flags))) {
        best[name] ??= [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
        best[name][column] = Math.min(best[name][column] ?? 0, time);
      }
    }
  }
  console.log(
    `| kernel, digits of ${nonZero.toFixed(0)} non-zero pixels | 128 bits, µs | widened, µs |\n|---|---|---|`,
  );
  for (const [name, times] of Object.entries(best)) {
    console.log(`| ${name} | ${times.map((time) => time.toFixed(2)).join(' | ')} |`);
  }
}
