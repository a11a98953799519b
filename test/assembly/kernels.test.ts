/** Every kernel, optimised and with assertions, against float64. */
import { describe, expect, it } from 'vitest';
import { readParameters } from '../../src/core/parameters.ts';
import { Random, STREAMS } from '../../src/core/random.ts';
import { HIDDEN_ACTIVATIONS } from '../../src/core/spec.ts';
import { ACTIVATIONS, type Activation, type ActivationFunction, softmax } from '../../src/reference/index.ts';
import { createLayer, KERNEL_BUILDS, loadBuild, putFloats, testingExports, wasmBytes } from '../support/kernels.ts';
import { expectClose, flat, noise, ulpError } from '../support/numbers.ts';

/** Around the widths of vectors and tiles, and the assignment's. */
const SIZES = [1, 3, 4, 5, 17, 31, 32, 33, 64, 300];
/** With one that has several blocks of inputs. */
const SHAPES = [
  ...SIZES.flatMap((inputs) => SIZES.map((outputs) => ({ inputs, outputs }))),
  { inputs: 420, outputs: 70 },
];

/**
 * Sums of n float32 terms: the error grows with n, at worst n · 2^-24 of the sum of their sizes (Higham, 2002, section
 * 4.2).
 */
const sumTolerance = (terms: number) => (terms + 8) * 2 ** -23;

describe.each(KERNEL_BUILDS)('%s build', (build) => {
  const kernels = loadBuild(build);
  const call = testingExports(kernels);
  const take = (address: number, length: number) => kernels.floats(address, length).slice();
  const bits = (values: Float32Array) => [...new Uint32Array(values.buffer)];

  describe('exp and log', () => {
    it('exp is within 1.5 ulp for x from -87.3 to 0', () => {
      let worst = 0;
      for (let x = -87.3; x <= 0; x += 0.00037)
        worst = Math.max(worst, ulpError(call.exp(x), Math.exp(Math.fround(x))));
      for (let e = -30; e <= 6; e++) worst = Math.max(worst, ulpError(call.exp(-(2 ** e)), Math.exp(-(2 ** e))));
      expect(worst).toBeLessThan(1.5);
      expect(worst).toBeGreaterThan(0.3);
    });

    it('exp ends in 0, starts at 1, keeps NaN', () => {
      expect(call.exp(0)).toBe(1);
      expect(call.exp(-0)).toBe(1);
      expect(call.exp(-87.4)).toBe(0);
      expect(call.exp(-Infinity)).toBe(0);
      expect(call.exp(-1e30)).toBe(0);
      expect(call.exp(Number.NaN)).toBeNaN();
    });

    it('log is within 1 ulp for positive normal numbers', () => {
      let worst = 0;
      for (let e = -125; e <= 126; e++) {
        for (const mantissa of noise(40, e + 200).map((value) => 1.5 + value / 2)) {
          const x = Math.fround(mantissa * 2 ** e);
          if (Math.fround(x) !== 1) worst = Math.max(worst, ulpError(call.log(x), Math.log(x)));
        }
      }
      for (let x = 0.5; x < 2; x += 0.000173)
        if (Math.fround(x) !== 1) worst = Math.max(worst, ulpError(call.log(x), Math.log(Math.fround(x))));
      expect(worst).toBeLessThan(1);
      expect(call.log(1)).toBe(0);
    });
  });

  describe('activations', () => {
    const inputs = [...noise(96, 5, 12), ...noise(32, 6, 0.6), 0, -0, 100, -100, 1e-20, -1e-20, 88, -88];
    const code = (activation: Activation) =>
      kernels.constant(`ACTIVATION_${activation.toUpperCase().replace('-', '_')}` as 'ACTIVATION_RELU');
    const apply = (activation: Activation) => {
      const y = putFloats(kernels, inputs);
      call.activate(code(activation), y, inputs.length);
      return take(y, inputs.length);
    };
    /** The values and the slopes of x. */
    const applyWithSlopes = (activation: Activation, x: readonly number[]) => {
      const length = Math.ceil(x.length / 8) * 8;
      const [y, slopes] = [putFloats(kernels, x, length), putFloats(kernels, [], length)];
      call.activateWithSlopes(code(activation), y, slopes, length);
      const results = [take(y, x.length), take(slopes, x.length)] as const;
      for (const address of [y, slopes]) kernels.free(address);
      return results;
    };
    /** Both sides of zero, dense, and down to the smallest numbers. */
    const grid = [
      ...Array.from({ length: 40_001 }, (_, i) => Math.fround((i - 20_000) * 0.00447)),
      ...Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1.37 * 2 ** (-(i >> 1) / 1.2)).map(Math.fround),
    ];

    it('sigmoid is within 3 ulp, and never leaves 0 to 1', () => {
      const y = apply('sigmoid');
      y.forEach((value, i) => {
        const x = inputs[i] ?? 0;
        const truth = x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
        // Below the least normal number exp is 0: the difference is no more than that number.
        if (x > -87) expect(ulpError(value, truth), `sigmoid(${x})`).toBeLessThan(3);
        else expect(Math.abs(value - truth)).toBeLessThan(1.2e-38);
      });
    });

    it('tanh is within 3 ulp', () => {
      apply('tanh').forEach((value, i) => {
        const x = inputs[i] ?? 0;
        if (x === 0) expect(value).toBeCloseTo(0, 40);
        else expect(ulpError(value, Math.tanh(x)), `tanh(${x})`).toBeLessThan(3);
      });
    });

    it('relu is exact', () => {
      expect([...apply('relu')]).toEqual(inputs.map((x) => Math.max(Math.fround(x), 0)));
    });

    /*
     * The largest errors, in ulp of the value where it is relative, else in parts of max(1, |y|). A slope is at most 1.13
     * and has an absolute error. x g (1 - g) multiplies the rounding of 1 - g by |x| · |u'|, up to 2e-6 for gelu-tanh.
     */
    it.each([
      ['leaky-relu', { ulp: 1 }, 1e-8],
      ['elu', { ulp: 2 }, 1e-7],
      ['softplus', { ulp: 2 }, 1e-7],
      ['identity', { ulp: 0 }, 0],
      ['gelu', { absolute: 3e-7 }, 4e-7],
      ['gelu-tanh', { absolute: 2e-7 }, 2.5e-6],
      ['silu', { absolute: 2e-7 }, 1.2e-6],
      ['sigmoid', { ulp: 3 }, 1e-7],
      ['tanh', { ulp: 3 }, 3e-7],
      ['relu', { ulp: 0 }, 0],
    ] as const)('%s and its slope are accurate on a dense grid', (activation, limit, slopeLimit) => {
      const [y, slopes] = applyWithSlopes(activation, grid);
      const worst = { ulp: 0, absolute: 0, slope: 0 };
      const { value, slope }: ActivationFunction = ACTIVATIONS[activation];
      grid.forEach((x, i) => {
        const truth = value(x);
        const [got, gotSlope] = [y[i] ?? Number.NaN, slopes[i] ?? Number.NaN];
        // Smaller results are 0, as exp is.
        if (Math.abs(truth) > 1.2e-38) worst.ulp = Math.max(worst.ulp, ulpError(got, truth));
        worst.absolute = Math.max(worst.absolute, Math.abs(got - truth) / Math.max(1, Math.abs(truth)));
        worst.slope = Math.max(worst.slope, Math.abs(gotSlope - slope(x, truth)));
      });
      if ('ulp' in limit) expect(worst.ulp).toBeLessThanOrEqual(limit.ulp);
      else expect(worst.absolute).toBeLessThanOrEqual(limit.absolute);
      expect(worst.slope).toBeLessThanOrEqual(slopeLimit);
      expect(grid.some((x, i) => y[i] !== Math.fround(x) || activation === 'identity')).toBe(true);
    });

    it.each(HIDDEN_ACTIVATIONS)('%s at zero, denormal and large numbers; NaN stays NaN', (activation) => {
      const { value, slope }: ActivationFunction = ACTIVATIONS[activation];
      const x = [0, -0, 1e-45, -1e-45, 1e-40, -1e-40, 88, -88, 1e20, -1e20, 3e38, -3e38].map(Math.fround);
      const [y, slopes] = applyWithSlopes(activation, [...x, Number.NaN]);
      expectClose(
        y.subarray(0, x.length),
        x.map((number) => value(number)),
        3e-7,
      );
      expectClose(
        slopes.subarray(0, x.length),
        x.map((number) => slope(number, value(number))),
        3e-7,
      );
      expect(y[x.length]).toBeNaN();
    });

    it.each(['gelu', 'gelu-tanh', 'silu'] as const)('%s without slopes has the same bits', (activation) => {
      const y = putFloats(kernels, grid.slice(0, 256));
      call.activate(code(activation), y, 256);
      expect(bits(take(y, 256))).toEqual(bits(applyWithSlopes(activation, grid.slice(0, 256))[0]));
    });

    it.each([
      ['sigmoid', (y: number) => y * (1 - y)],
      ['tanh', (y: number) => 1 - y * y],
      ['relu', (y: number) => Number(y > 0)],
      ['leaky-relu', (y: number) => (y > 0 ? 1 : 0.01)],
      ['elu', (y: number) => (y > 0 ? 1 : y + 1)],
      ['softplus', (y: number) => 1 - Math.exp(-y)],
      ['identity', () => 1],
    ] as const)('%s backward', (activation, slope) => {
      const y = noise(64, 8).map((value) => (activation === 'softplus' ? Math.abs(value) : value));
      const dy = noise(64, 9, 3);
      const [yAt, delta] = [putFloats(kernels, y), putFloats(kernels, dy)];
      call.activateBackward(code(activation), delta, yAt, 64);
      const expected = dy.map((d, i) => d * slope(y[i] ?? 0));
      expectClose(take(delta, 64), expected, 1e-6);
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
      expect(take(yAt, 64)).toEqual(Float32Array.from(y));
    });

    it('softplus backward keeps the digits of small values', () => {
      const y = Float32Array.from({ length: 8 }, (_, i) => 10 ** -(i + 1));
      const [yAt, delta] = [putFloats(kernels, [...y]), putFloats(kernels, Array<number>(8).fill(1))];
      call.activateBackward(code('softplus'), delta, yAt, 8);
      take(delta, 8).forEach((slope, i) => {
        expect(slope / -Math.expm1(-(y[i] ?? 0))).toBeCloseTo(1, 6);
      });
    });
  });

  describe('softmax and cross-entropy', () => {
    it.each(SIZES)('%i classes', (classes) => {
      const logits = noise(classes, classes, 9).map(Math.fround);
      const padded = Math.ceil(classes / 4) * 4;
      const [z, y] = [putFloats(kernels, logits), kernels.allocate(4 * padded)];
      const logNormaliser = call.softmaxForward(y, z, classes);
      expectClose(take(y, classes), softmax(logits), 1e-6, 1e-3);
      expectClose(logNormaliser, Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)), 1e-6);
      expect([...take(y + 4 * classes, padded - classes)]).toEqual(Array(padded - classes).fill(0));
      const label = classes >> 1;
      expectClose(call.crossEntropyForward(z, logNormaliser, label), -Math.log(softmax(logits)[label] ?? 0), 1e-6);
      call.softmaxCrossEntropyBackward(y, label, classes);
      const expected = softmax(logits).map((p, o) => p - Number(o === label));
      expectClose(take(y, classes), expected, 1e-6);
      expect(take(z, classes)).toEqual(Float32Array.from(logits));
    });

    it('logits of ±1e4 neither overflow nor lose the loss', () => {
      const [z, y] = [putFloats(kernels, [1e4, -1e4, 0]), kernels.allocate(16)];
      const logNormaliser = call.softmaxForward(y, z, 3);
      expect([...take(y, 3)]).toEqual([1, 0, 0]);
      expect(call.crossEntropyForward(z, logNormaliser, 0)).toBe(0);
      expect(call.crossEntropyForward(z, logNormaliser, 1)).toBe(2e4);
    });

    it('argmax takes the first of equals', () => {
      expect(call.argmax(putFloats(kernels, [1, 3, 3, 2]), 4)).toBe(1);
    });
  });

  describe.each(SHAPES)('linear $inputs × $outputs', ({ inputs, outputs }) => {
    const padded = call.paddedColumns(outputs);
    const padding = Array<number>(padded - outputs).fill(0);
    const weight = noise(inputs * outputs, 31 * inputs + outputs);
    const bias = noise(outputs, outputs);
    const sparseX = noise(inputs, inputs).map((value, i) => ((i * 7) % 5 === 0 ? value : 0));
    const x = noise(inputs, inputs + 1);
    const dy = noise(outputs, 77);
    const at = (i: number, o: number) => weight[o * inputs + i] ?? Number.NaN;
    const scratch: { free(): void }[] = [];
    const put = (values: ArrayLike<number>, room?: number) => {
      const address = putFloats(kernels, values, room);
      scratch.push({ free: () => kernels.free(address) });
      return address;
    };
    const buildLayer = (options: { rows?: number; pending?: boolean } = {}) => {
      const layer = createLayer(kernels, { inputs, outputs, weight, bias, ...options });
      scratch.push(layer.memory);
      return layer;
    };
    /** The entries of a row, and the words that describe a batch of one row: its address and its count. */
    const list = (row: number) => {
      const entries = put([], 2 * inputs);
      const count = call.gather(entries, kernels.constant('INPUT_FLOATS'), row, 0, 0, inputs);
      const [address, counts] = [put([], 1), put([], 1)];
      kernels.words(address, 1)[0] = entries;
      kernels.words(counts, 1)[0] = count;
      return { entries, count, address, counts };
    };
    const tileBits = (tiles: number) => bits(take(tiles, call.tiledColumns(outputs) * inputs));
    const release = () => {
      for (const block of scratch.splice(0)) block.free();
    };

    it('packs and unpacks', () => {
      const parameters = readParameters(kernels, buildLayer().memory);
      expect(parameters).toEqual({ weights: [Float32Array.from(weight)], biases: [Float32Array.from(bias)] });
      release();
    });

    it('forward, dense; sparse entries give the same bits', () => {
      for (const input of [x, sparseX]) {
        const { layer } = buildLayer();
        const [y, ySparse, xAt, spans] = [put([], padded), put([], padded), put(input), put([], 2)];
        call.linearForward(layer, y, xAt, 4 * inputs, 1, 0, padded);
        const expected = bias.map((b, o) => input.reduce((sum, value, i) => sum + value * at(i, o), b));
        expectClose(take(y, outputs), expected, sumTolerance(inputs));
        expect([...take(y + 4 * outputs, padded - outputs)]).toEqual(padding);
        const { count, address, counts } = list(xAt);
        expect(count).toBe(input.filter((value) => value !== 0).length);
        call.linearForwardSparse(layer, ySparse, address, counts, spans, 1, 0, padded);
        expect(bits(take(ySparse, padded))).toEqual(bits(take(y, padded)));
        expect(take(xAt, inputs)).toEqual(Float32Array.from(input));
        release();
      }
    });

    it('backward to the input', () => {
      const [dx, dyAt] = [put([], inputs), put(dy, padded)];
      call.linearBackwardInput(buildLayer().layer, dx, 4 * inputs, dyAt, 1);
      const expected = x.map((_, i) => dy.reduce((sum, d, o) => sum + d * at(i, o), 0));
      expectClose(take(dx, inputs), expected, sumTolerance(outputs));
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3);
      expect(take(dyAt, outputs)).toEqual(Float32Array.from(dy));
      release();
    });

    it('backward to the parameters adds scale · gradient; sparse entries give the same bits', () => {
      const [dense, sparse, xAt, dyAt] = [buildLayer(), buildLayer(), put(sparseX), put(dy, padded)];
      call.linearBackwardWeightDense(dense.layer, dense.weight, xAt, dyAt, -0.25);
      call.linearBackwardBias(dense.layer, dense.bias, dyAt, 1, -0.25);
      const { weights, biases } = readParameters(kernels, dense.memory);
      const expected = weight.map((w, k) => w - 0.25 * (sparseX[k % inputs] ?? 0) * (dy[Math.floor(k / inputs)] ?? 0));
      expectClose(weights[0] ?? [], expected, 2 ** -22);
      expectClose(
        biases[0] ?? [],
        bias.map((b, o) => b - 0.25 * (dy[o] ?? 0)),
        2 ** -22,
      );
      const { entries, count } = list(xAt);
      call.linearBackwardWeightSparse(sparse.layer, sparse.weight, entries, count, dyAt, -0.25);
      expect(tileBits(sparse.weight)).toEqual(tileBits(dense.weight));
      release();
    });

    it.each([1, 2, 3, 8])('a batch of %i rows has the bits of its rows, one after the other', (rows) => {
      const xStride = 4 * (inputs + 3);
      const dxStride = 4 * call.paddedColumns(inputs);
      const each = Array.from({ length: rows }, (_, row) => row);
      const many = each.flatMap((row) => [...noise(inputs, row + 3), 0, 0, 0]);
      const manyDy = each.flatMap((row) => [...noise(outputs, row + 50), ...padding]);
      const [xAt, dyAt, y] = [put(many), put(manyDy), put([], rows * padded)];
      const [dx, one, oneDx] = [put([], (rows * dxStride) / 4), put([], padded), put([], dxStride / 4)];
      // In two parts, like two threads.
      const half = 32 * Math.floor(outputs / 64);
      const parts = [
        [0, half],
        [half, padded],
      ] as const;
      const [together, apart] = [buildLayer(), buildLayer()];
      for (const [from, to] of parts) call.linearForward(apart.layer, y, xAt, xStride, rows, from, to);
      call.linearBackwardInput(apart.layer, dx, dxStride, dyAt, rows);
      for (const row of each) {
        call.linearForward(apart.layer, one, xAt + row * xStride, xStride, 1, 0, padded);
        expect(bits(take(y + 4 * row * padded, padded))).toEqual(bits(take(one, padded)));
        call.linearBackwardInput(apart.layer, oneDx, dxStride, dyAt + 4 * row * padded, 1);
        expect(bits(take(dx + row * dxStride, inputs))).toEqual(bits(take(oneDx, inputs)));
      }
      call.linearBackwardBias(together.layer, together.bias, dyAt, rows, -0.25);
      const pairs = put([], inputs * rows);
      // In shares, like threads that pack them.
      const [third, rest, middle] = [Math.floor(inputs / 6), Math.floor(inputs / 2), Math.floor(rows / 2)];
      for (const [from, to] of [
        [0, third],
        [third, third],
        [third, rest],
      ] as const) {
        call.packPairs(pairs, xAt, xStride, rows, -0.25, 0, middle, from, to);
        call.packPairs(pairs, xAt, xStride, rows, -0.25, middle, rows, from, to);
      }
      for (const [from, to] of parts) {
        const { layer, weight } = together;
        call.linearBackwardWeightRows(layer, weight, xAt, xStride, dyAt, rows, -0.25, pairs, from, to);
      }
      for (const row of each) {
        const [rowX, rowDy] = [xAt + row * xStride, dyAt + 4 * row * padded];
        call.linearBackwardWeightDense(apart.layer, apart.weight, rowX, rowDy, -0.25);
        call.linearBackwardBias(apart.layer, apart.bias, rowDy, 1, -0.25);
      }
      expect(tileBits(together.weight)).toEqual(tileBits(apart.weight));
      expect(bits(take(together.bias, padded))).toEqual(bits(take(apart.bias, padded)));
      release();
    });

    it('a batch of sparse rows, listed by input, has the bits of its rows', () => {
      const rows = 5;
      const each = Array.from({ length: rows }, (_, row) => row);
      const sparse = each.map((row) => noise(inputs, row + 9).map((value, i) => ((i * 7 + row) % 3 === 0 ? value : 0)));
      const dyAt = put(each.flatMap((row) => [...noise(outputs, row + 50), ...padding]));
      const lists = sparse.map((values) => list(put(values)));
      const [addresses, counts] = [put([], rows), put([], rows)];
      kernels.words(addresses, rows).set(lists.map(({ entries }) => entries));
      kernels.words(counts, rows).set(lists.map(({ count }) => count));
      const [y, one, spans] = [put([], rows * padded), put([], padded), put([], 2 * rows)];
      const [together, apart] = [buildLayer(), buildLayer()];
      const half = 32 * Math.floor(outputs / 64);
      const parts = [
        [0, half],
        [half, padded],
      ] as const;
      for (const [from, to] of parts) {
        call.linearForwardSparse(together.layer, y, addresses, counts, spans, rows, from, to);
      }
      lists.forEach(({ address, counts: count }, row) => {
        call.linearForwardSparse(together.layer, one, address, count, spans, 1, 0, padded);
        expect(bits(take(y + 4 * row * padded, padded))).toEqual(bits(take(one, padded)));
      });
      let listed = 0;
      for (const [first, end] of [
        [0, inputs >> 1],
        [inputs >> 1, inputs],
      ] as const) {
        const [starts, columns] = [put([], end - first + 1), put([], 2 * inputs * rows)];
        call.transposeEntries(starts, columns, addresses, counts, rows, -0.25, first, end, inputs);
        listed += kernels.words(starts, end - first + 1).at(-1) ?? 0;
        for (const [from, to] of parts) {
          const { layer, weight: tiles } = together;
          call.linearBackwardWeightColumns(layer, tiles, starts, columns, dyAt, first, end - first, from, to);
        }
      }
      expect(listed).toBe(lists.reduce((sum, { count }) => sum + count, 0));
      lists.forEach(({ entries, count }, row) => {
        call.linearBackwardWeightSparse(apart.layer, apart.weight, entries, count, dyAt + 4 * row * padded, -0.25);
      });
      expect(tileBits(together.weight)).toEqual(tileBits(apart.weight));
      release();
    });

    it('pending updates have the bits of immediate updates', () => {
      const [late, prompt] = [buildLayer({ pending: true }), buildLayer()];
      const { network } = late.memory;
      const [y, spans] = [put([], padded), put([], 2)];
      const samples = [3, 4, 5, 6].map((seed) => {
        const values = noise(inputs, seed).map((value, i) => ((i * 7 + seed) % 3 === 0 ? value : 0));
        return { ...list(put(values)), delta: put([...noise(outputs, seed + 70), ...padding]) };
      });
      samples.forEach(({ entries, count, address, counts, delta }, n) => {
        call.setPending(network, entries, count, delta, -0.25);
        call.linearForwardPending(network, late.layer, count);
        call.linearForwardSparse(prompt.layer, y, address, counts, spans, 1, 0, padded);
        expect(bits(take(late.output, padded))).toEqual(bits(take(y, padded)));
        // The third sample is cancelled.
        if (n === 2) call.cancelPending(network, entries, count);
        else call.linearBackwardWeightSparse(prompt.layer, prompt.weight, entries, count, delta, -0.25);
      });
      call.flushPending(network, late.layer);
      expect(tileBits(late.weight)).toEqual(tileBits(prompt.weight));
      // No update is pending any more.
      call.flushPending(network, late.layer);
      expect(tileBits(late.weight)).toEqual(tileBits(prompt.weight));
      release();
    });
  });

  it.each([1, 15, 16, 17, 784])('gathers and widens %i bytes', (columns) => {
    const row = Uint8Array.from(noise(columns, columns, 128), (value) => (value > 0 ? value : 0));
    row[columns - 1] = 255;
    const rowAt = kernels.allocate(columns);
    kernels.bytes(rowAt, columns).set(row);
    const table = putFloats(
      kernels,
      Array.from({ length: 256 }, (_, byte) => byte / 255),
    );
    const [entries, x] = [kernels.allocate(8 * columns), kernels.allocate(4 * columns)];
    const count = call.gather(entries, kernels.constant('INPUT_BYTES'), rowAt, 0, table, columns);
    const expected = [...row].flatMap((value, i) => (value === 0 ? [] : [[i, Math.fround(value / 255)]]));
    const got = Array.from({ length: count }, (_, k) => [
      kernels.words(entries + 8 * k, 1)[0],
      kernels.floats(entries + 8 * k + 4, 1)[0],
    ]);
    expect(got).toEqual(expected);
    const [mask, offsets] = [kernels.allocate(4 * Math.ceil(columns / 32)), kernels.allocate(8)];
    const packedValues = kernels.allocate(columns);
    expect(call.countNonZero(rowAt, columns)).toBe(expected.length);
    call.packBytes(mask, offsets, packedValues, rowAt, columns, 1);
    expect([...kernels.words(offsets, 2)]).toEqual([0, expected.length]);
    const again = call.gather(entries, kernels.constant('INPUT_PACKED'), mask, packedValues, table, columns);
    expect(
      Array.from({ length: again }, (_, k) => [
        kernels.words(entries + 8 * k, 1)[0],
        kernels.floats(entries + 8 * k + 4, 1)[0],
      ]),
    ).toEqual(expected);
    call.widenBytes(x, rowAt, table, columns);
    expect([...take(x, columns)]).toEqual([...row].map((value) => Math.fround(value / 255)));
  });

  it.each([
    { momentum: 0, decay: 0, nesterov: false },
    { momentum: 0.9, decay: 0, nesterov: false },
    { momentum: 0, decay: 0.01, nesterov: false },
    { momentum: 0.9, decay: 0.01, nesterov: false },
    { momentum: 0.9, decay: 0.01, nesterov: true },
  ])('sgdStep, momentum $momentum, weight decay $decay, Nesterov $nesterov', ({ momentum, decay, nesterov }) => {
    const [w, v, g] = [noise(40, 1), noise(40, 2), noise(40, 3)];
    const [wAt, vAt, gAt] = [putFloats(kernels, w), putFloats(kernels, v), putFloats(kernels, g)];
    call.sgdStep(wAt, vAt, gAt, 0.5, 0.1, momentum, decay, nesterov, 40);
    const velocity = w.map((value, i) => momentum * (v[i] ?? 0) + 0.5 * (g[i] ?? 0) + decay * value);
    expectClose(take(vAt, 40), velocity, 1e-6);
    const ahead = (i: number, value: number) => 0.5 * (g[i] ?? 0) + decay * value + momentum * (velocity[i] ?? 0);
    expectClose(
      take(wAt, 40),
      w.map((value, i) => value - 0.1 * (nesterov ? ahead(i, value) : (velocity[i] ?? 0))),
      1e-6,
    );
    expect([...take(gAt, 40)]).toEqual(Array(40).fill(0));
  });

  it.each([
    { kind: 'ADAM', step: 1, decay: 0 },
    { kind: 'ADAM', step: 1000, decay: 0.1 },
    { kind: 'ADAMW', step: 3, decay: 0.1 },
  ] as const)('adamStep, $kind, step $step, weight decay $decay', ({ kind, step, decay }) => {
    const [rate, beta1, beta2, epsilon] = [0.1, 0.8, 0.99, 1e-3];
    const trainer = kernels.allocate(call.trainerBytes(1, 1));
    call.setUpTrainer(trainer, 1, 1, 1, 0, decay, false, 0, 1e6);
    const powers = [beta1 ** step, beta2 ** step] as const;
    call.setUpAdam(trainer, kernels.constant(`OPTIMIZER_${kind}`), beta1, beta2, epsilon, ...powers);
    kernels.record(trainer).setFloat32(kernels.constant('TRAINER_LEARNING_RATE'), rate, true);
    const [w, m, g] = [noise(40, 1), noise(40, 2), noise(40, 3)];
    const v = Float32Array.from(noise(40, 4), (value) => value ** 2);
    const [wAt, mAt, vAt, gAt] = [w, m, v, g].map((values) => putFloats(kernels, values)) as [
      ...[number, number, number, number],
    ];
    call.adamStep(trainer, wAt, mAt, vAt, gAt, 0.5, 40);
    const gradient = [...g].map((value, i) => 0.5 * value + (kind === 'ADAM' ? decay * (w[i] ?? 0) : 0));
    const first = gradient.map((value, i) => beta1 * (m[i] ?? 0) + (1 - beta1) * value);
    const second = gradient.map((value, i) => beta2 * (v[i] ?? 0) + (1 - beta2) * value ** 2);
    const expected = [...w].map((value, i) => {
      const kept = kind === 'ADAM' ? value : (1 - rate * decay) * value;
      const [mean, square] = [(first[i] ?? 0) / (1 - powers[0]), (second[i] ?? 0) / (1 - powers[1])];
      return kept - (rate * mean) / (Math.sqrt(square) + epsilon);
    });
    expectClose(take(mAt, 40), first, 1e-6);
    expectClose(take(vAt, 40), second, 1e-6);
    expectClose(take(wAt, 40), expected, 2e-6);
    expect([...take(gAt, 40)]).toEqual(Array(40).fill(0));
  });

  describe('random numbers', () => {
    const seeded = (seed: number, stream: number, substream: number) => {
      const state = kernels.allocate(16);
      call.seedRandom(state, seed, stream, substream);
      return state;
    };

    it('is xoshiro128++: the first numbers of state 1, 2, 3, 4', () => {
      const state = kernels.allocate(16);
      kernels.words(state, 4).set([1, 2, 3, 4]);
      // From the authors' C program, as published with the rand_xoshiro crate.
      expect(Array.from({ length: 5 }, () => call.randomBits(state) >>> 0)).toEqual([
        641, 1573767, 3222811527, 3517856514, 836907274,
      ]);
    });

    it('is the generator of src/core/random.ts', () => {
      for (const [seed, substream] of [
        [0, 0],
        [1, 5],
        [0xffffffff, 0xffffffff],
      ] as const) {
        const state = seeded(seed, STREAMS.shuffle, substream);
        const random = new Random(seed, 'shuffle', substream);
        for (let i = 0; i < 50; i++) expect(call.randomBits(state) >>> 0).toBe(random.bits());
        for (let i = 0; i < 50; i++) expect(call.randomUniform(state)).toBe(random.uniform());
        for (const bound of [1, 2, 3, 1000, 0x80000001, 0xffffffff])
          expect(call.randomBelow(state, bound) >>> 0).toBe(random.below(bound));
        const order = kernels.allocate(400);
        call.shuffle(order, state, 100);
        expect([...kernels.words(order, 100)]).toEqual([...random.permutation(100)]);
      }
    });

    it('streams and substreams differ', () => {
      const firsts = [0, 1, 2].flatMap((seed) =>
        [1, 2, 3].flatMap((stream) => [0, 1, 2].map((substream) => call.randomBits(seeded(seed, stream, substream)))),
      );
      expect(new Set(firsts).size).toBe(firsts.length);
    });

    it('randomBelow is even, shuffle is a permutation that leaves no place its number', () => {
      const state = seeded(3, 1, 0);
      const counts = new Array<number>(6).fill(0);
      for (let i = 0; i < 60_000; i++)
        counts[call.randomBelow(state, 6)] = (counts[call.randomBelow(state, 6)] ?? 0) + 1;
      const order = kernels.allocate(4000);
      call.shuffle(order, state, 1000);
      const values = [...kernels.words(order, 1000)];
      expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
      expect(values.filter((value, i) => value === i).length).toBeLessThan(10);
    });

    it.each([
      ['glorot', call.glorotUniform, Math.sqrt(2 / (400 + 100)), Math.sqrt(6 / 500)],
      ['he', call.heNormal, Math.sqrt(2 / 400), Number.POSITIVE_INFINITY],
      ['lecun', call.lecunNormal, Math.sqrt(1 / 400), Number.POSITIVE_INFINITY],
    ] as const)('%s has its mean, deviation, bounds and shape', (name, fill, deviation, limit) => {
      const length = 400 * 100;
      const values = kernels.allocate(4 * length);
      fill(values, seeded(9, 1, 0), 400, 100);
      const drawn = flat(take(values, length));
      const mean = drawn.reduce((sum, value) => sum + value, 0) / length;
      const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
      const fourth = drawn.reduce((sum, value) => sum + (value - mean) ** 4, 0) / length / variance ** 2;
      // Four standard errors of each estimate.
      expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(length));
      expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(4 / Math.sqrt(2 * length));
      expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(limit);
      expect(Math.abs(fourth - (name === 'glorot' ? 1.8 : 3))).toBeLessThan(0.1);
    });
  });
});

describe('the builds', () => {
  it('the release build has the exports of the debug build, without those for tests, and imports nothing', () => {
    const module = new WebAssembly.Module(wasmBytes('release'));
    const names = (of: WebAssembly.Module) => new Set(WebAssembly.Module.exports(of).map(({ name }) => name));
    const debug = names(new WebAssembly.Module(wasmBytes('debug')));
    expect([...names(module)].filter((name) => !debug.has(name))).toEqual([]);
    expect(debug.has('linearForward')).toBe(true);
    expect(names(module).has('linearForward')).toBe(false);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });
});

describe('assertions of the debug build', () => {
  const kernels = loadBuild('debug');
  const call = testingExports(kernels);
  const options = { inputs: 3, outputs: 5, weight: noise(15, 1), bias: noise(5, 2) };
  const { layer, memory, bias } = createLayer(kernels, options);
  const [y, x, dy, word] = [
    putFloats(kernels, [], 16),
    putFloats(kernels, [1, 2, 3, 4]),
    putFloats(kernels, [], 32),
    4,
  ];

  it.each([
    ['unaligned rows', 'not aligned to 16 bytes', () => call.linearForward(layer, y + word, x, 12, 1, 0, 16)],
    ['columns inside a tile', 'columns do not start at a tile', () => call.linearForward(layer, y, x, 12, 1, 4, 16)],
    ['columns after the last', 'columns out of range', () => call.linearForward(layer, y, x, 12, 1, 0, 32)],
    [
      'padding of a delta',
      'padding of a row is not zero',
      () => {
        kernels.floats(dy, 16)[6] = 1;
        call.linearBackwardInput(layer, y, 16, dy, 1);
      },
    ],
    [
      'padding of a bias',
      'padding of a row is not zero',
      () => {
        kernels.floats(bias, 16)[15] = 1;
        call.linearForward(layer, y, x, 12, 1, 0, 16);
      },
    ],
    [
      'an entry after the last input',
      'entry out of range',
      () => {
        kernels.words(x, 1)[0] = 3;
        call.linearBackwardWeightSparse(layer, y, x, 1, dy + 64, 1);
      },
    ],
    ['a layer after the last', 'layer out of range', () => call.layerAt(memory.network, 1)],
    ['a label after the last class', 'label out of range', () => call.softmaxCrossEntropyBackward(y, 5, 5)],
  ])('%s: %s', (_, message, use) => {
    expect(use).toThrow(message);
  });

  it('the optimised builds do not check', () => {
    const other = loadBuild('testing');
    const result = createLayer(other, options);
    expect(() => testingExports(other).linearForward(result.layer, 4, 4, 12, 1, 0, 16)).not.toThrow();
  });
});
