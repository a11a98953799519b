import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetworkMemory } from '../../src/core/network-memory.ts';
import { dequantize, quantize, readQuantized, writeQuantized } from '../../src/core/quantization.ts';
import { HIDDEN_ACTIVATIONS } from '../../src/core/spec.ts';
import { EdgeMlpError, evaluate, Mlp, type QuantizedParameters, train } from '../../src/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, KERNEL_BUILDS, loadBuild, putFloats, testingExports } from '../support/kernels.ts';
import { noise } from '../support/numbers.ts';

const kernels = loadBuild();

interface LayerInput {
  readonly x: Float32Array;
  readonly weight: Int8Array;
  readonly scales: Float32Array;
  readonly bias: Float32Array;
}

/** The kernel's answer, [outputs], for the input in full or as the list of what is not zero. */
function forward(own: typeof kernels, { x, weight, scales, bias }: LayerInput, sparse: boolean): Float32Array {
  const call = testingExports(own);
  const [inputs, outputs] = [x.length, bias.length];
  const spec = { layers: [inputs, outputs], hiddenActivation: 'sigmoid' } as const;
  const memory = new NetworkMemory(own, spec, {
    precision: 'int8',
    loss: 'cross-entropy',
    rows: 1,
    training: false,
    sparse: false,
    velocity: false,
    secondMoment: false,
    gradient: false,
    pending: false,
    dropout: false,
  });
  const parameters = { weights: [weight], scales: [scales], biases: [bias] };
  writeQuantized(own, memory, parameters);
  expect(readQuantized(own, memory)).toEqual(parameters);
  const layerAddress = call.layerAt(memory.network, 0);
  const padded = call.paddedColumns(outputs);
  const y = putFloats(own, noise(padded, 3));
  const row = putFloats(own, x);
  const pairs = own.allocate(8 * Math.ceil(inputs / 2));
  if (sparse) {
    const entries = own.allocate(8 * inputs);
    const count = call.gather(entries, own.constant('INPUT_FLOATS'), row, 0, 0, inputs);
    call.linearForwardInt8Sparse(layerAddress, y, entries, count, pairs);
  } else {
    call.linearForwardInt8Dense(layerAddress, y, row, pairs);
  }
  const answer = own.floats(y, padded).slice();
  expect(answer.subarray(outputs).every((value) => value === 0)).toBe(true);
  return answer.slice(0, outputs);
}

function randomLayer(inputs: number, outputs: number, seed: number): LayerInput {
  return {
    x: Float32Array.from(noise(inputs, seed), (value) => (value > 0.4 ? 0 : 3 * value)),
    weight: Int8Array.from(noise(inputs * outputs, seed + 1), (value) => Math.round(127 * value)),
    scales: Float32Array.from(noise(outputs, seed + 2), (value) => 0.02 * Math.abs(value)),
    bias: Float32Array.from(noise(outputs, seed + 3)),
  };
}

/** b + s Σ x q in float64, and how far from it rounding x to its levels and y to float32 may lead. */
function exact({ x, weight, scales, bias }: LayerInput, o: number): { value: number; tolerance: number } {
  const row = weight.subarray(o * x.length, (o + 1) * x.length);
  const [scale = 0, b = 0] = [scales[o], bias[o]];
  let [sum, size, rounding] = [0, 0, 0];
  const greatest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const levels = Math.min(32767, Math.floor((2 ** 31 - 1) / (127 * x.length)));
  row.forEach((q, i) => {
    sum += q * (x[i] ?? 0);
    size += Math.abs(q * (x[i] ?? 0));
    rounding += Math.abs(q) * (x[i] === 0 ? 0 : 0.5 * (greatest / levels));
  });
  const tolerance = scale * rounding + 2 ** -20 * (scale * size + Math.abs(b));
  return { value: b + scale * sum, tolerance };
}

const SHAPES = [1, 2, 3, 5, 16, 17, 31, 33, 64, 300].flatMap((inputs) =>
  [1, 3, 4, 5, 16, 17, 32, 33, 50, 300].map((outputs) => ({ inputs, outputs })),
);

describe('the linear layer of int8 weights', () => {
  it.each(SHAPES)(
    '$inputs × $outputs: is within rounding of float64, and bit-identical in every build, dense or sparse',
    (shape) => {
      const layer = randomLayer(shape.inputs, shape.outputs, 7 * shape.inputs + shape.outputs);
      const [first = new Float32Array(), ...others] = KERNEL_BUILDS.flatMap((build) =>
        [true, false].map((sparse) => forward(loadBuild(build), layer, sparse)),
      );
      first.forEach((y, o) => {
        const { value, tolerance } = exact(layer, o);
        expect(Math.abs(y - value)).toBeLessThanOrEqual(tolerance);
      });
      for (const other of others) expect(other).toEqual(first);
    },
  );

  it.each([516, 517, 784, 66_311])('does not overflow with %i inputs of the maximum', (inputs) => {
    const layer = {
      x: new Float32Array(inputs).fill(1),
      weight: new Int8Array(2 * inputs).fill(127).fill(-127, inputs),
      scales: Float32Array.of(1, 1),
      bias: Float32Array.of(0, 0),
    };
    for (const build of KERNEL_BUILDS) {
      const [up = 0, down = 0] = forward(loadBuild(build), layer, true);
      expect(Math.abs(up / (127 * inputs) - 1)).toBeLessThan(1e-6);
      expect(down).toBe(-up);
    }
  });

  it('returns the bias for inputs of zero and of tiny numbers', () => {
    for (const value of [0, 1e-38, -1e-45]) {
      const layer = { ...randomLayer(9, 5, 1), x: new Float32Array(9).fill(value) };
      expect(forward(loadBuild('testing'), layer, false)).toEqual(layer.bias);
      expect(forward(loadBuild('testing'), layer, true)).toEqual(layer.bias);
    }
  });
});

describe('an input of NaN', () => {
  // A hidden layer may give it; whole numbers made of it have other bits in every build.
  it.each([Infinity, -Infinity, Number.NaN])('returns NaN for every output in every build: %d', (value) => {
    for (const at of [0, 5, 32]) {
      const layer = randomLayer(33, 32, 7);
      layer.x[at] = value;
      for (const build of KERNEL_BUILDS) {
        for (const sparse of [false, true]) {
          expect([...forward(loadBuild(build), layer, sparse)]).toEqual(Array(32).fill(Number.NaN));
        }
      }
    }
  });
});

describe('quantizing', () => {
  const spec = { layers: [6, 4], hiddenActivation: 'sigmoid' } as const;
  const createParameters = (values: readonly number[]) => {
    return { weights: [Float32Array.from(values)], biases: [Float32Array.of(1, 2, 3, 4)] };
  };

  it('rounds each weight to the nearest step, and the largest of each output to 127 steps', () => {
    const weights = fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(weights, (values) => {
        const parameters = createParameters(values);
        const quantized = quantize(spec, parameters);
        const [back = new Float32Array()] = dequantize(spec, quantized).weights;
        for (let o = 0; o < 4; o++) {
          const scale = quantized.scales[0]?.[o] ?? Number.NaN;
          const row = [...(quantized.weights[0] ?? [])].slice(6 * o, 6 * o + 6).map(Math.abs);
          const before = values.slice(6 * o, 6 * o + 6);
          if (scale > 1e-30) expect(Math.max(...row)).toBe(127);
          before.forEach((value, i) => {
            expect(Math.abs((back[6 * o + i] ?? Number.NaN) - value)).toBeLessThanOrEqual(0.5001 * scale + 1e-38);
          });
        }
      }),
    );
  });

  it('keeps small weights, because each output has its own scale', () => {
    const values = Array.from({ length: 24 }, (_, at) => (at < 6 ? 1000 : 1e-3) * Math.sin(at + 1));
    const [back = new Float32Array()] = dequantize(spec, quantize(spec, createParameters(values))).weights;
    for (const [at, value] of back.entries()) {
      expect(Math.abs(value - (values[at] ?? 0))).toBeLessThan(at < 6 ? 4 : 4e-6);
    }
  });

  it('refuses a layer with too many inputs', () => {
    const wide = { layers: [66_312, 1], hiddenActivation: 'sigmoid' } as const;
    const parameters = { weights: [new Float32Array(66_312)], biases: [new Float32Array(1)] };
    expect(() => quantize(wide, parameters)).toThrow(
      'expected layers of at most 66,311 inputs for int8, got one of 66,312',
    );
  });
});

describe.each(HIDDEN_ACTIVATIONS)('an int8 network with %s', (hiddenActivation) => {
  const float = Mlp.create(kernels, { layers: [30, 17, 9, 4], hiddenActivation, seed: 3 });
  const int8 = float.quantize();
  const dataset = noisyDataset({ samples: 700, columns: 30, classes: 4, zeros: 0.5, kind: 'bytes' });

  it('predicts like a float32 network with its dequantized weights', () => {
    const twin = Mlp.fromParameters(kernels, { ...float.spec, ...int8.parameters() });
    const [answers, expected] = [int8.predictBatch(dataset.inputs), twin.predictBatch(dataset.inputs)];
    for (const [i, p] of answers.probabilities.entries()) {
      expect(Math.abs(p - (expected.probabilities[i] ?? 2))).toBeLessThan(2e-4);
    }
    const [measured, before] = [evaluate(int8, dataset), evaluate(twin, dataset)];
    expect(Math.abs(measured.loss - before.loss)).toBeLessThan(1e-4);
    expect(measured.samples).toBe(700);
    twin.dispose();
  });

  it('is bit-identical for one sample, a batch, bytes, numbers and every build', () => {
    const batch = int8.predictBatch(dataset.inputs);
    const numbers = int8.predictBatch(Float32Array.from(dataset.inputs, (value) => value / 255));
    expect(numbers).toEqual(batch);
    for (const i of [0, 1, 400, 699]) {
      const { label, probabilities } = int8.predict(dataset.inputs.subarray(30 * i, 30 * i + 30));
      expect(label).toBe(batch.labels[i]);
      expect(probabilities).toEqual(batch.probabilities.subarray(4 * i, 4 * i + 4));
    }
    for (const build of BUILD_NAMES) {
      using other = Mlp.fromQuantized(loadBuild(build), { ...int8.spec, ...int8.quantized() });
      expect(other.predictBatch(dataset.inputs)).toEqual(batch);
      expect(evaluate(other, dataset)).toEqual(evaluate(int8, dataset));
    }
  });

  it('round-trips its parameters', () => {
    const quantized = int8.quantized();
    using again = Mlp.fromQuantized(kernels, { ...int8.spec, ...quantized });
    expect(again.quantized()).toEqual(quantized);
    expect(again.parameters()).toEqual(int8.parameters());
    expect(again.precision).toBe('int8');
    expect(float.quantized()).toEqual(quantized);
  });
});

describe('limits of int8 networks', () => {
  const float = Mlp.create(kernels, { layers: [30, 8, 4] });
  const int8 = float.quantize();
  const dataset = noisyDataset({ samples: 20, columns: 30, classes: 4, zeros: 0.5, kind: 'bytes' });

  it.each([
    ['train', () => [...train(int8, dataset)]],
    ['gradients', () => int8.gradients(dataset.inputs, dataset.labels)],
    ['setParameters', () => int8.setParameters(float.parameters())],
  ])('%s is refused, and changes nothing', (name, use) => {
    const [before, bytes] = [int8.predictBatch(dataset.inputs), kernels.allocatedBytes];
    expect(use).toThrow(`${name}: expected float32 weights, got int8`);
    expect(int8.predictBatch(dataset.inputs)).toEqual(before);
    expect(kernels.allocatedBytes).toBe(bytes);
  });

  it.each<[string, Partial<QuantizedParameters>, string]>([
    ['no scales', { scales: [] }, 'parameters: expected 2 weights, scales and biases, got 2, 0, 2'],
    [
      'floats',
      { weights: [new Float32Array(240), new Float32Array(32)] as never },
      'weights[0]: expected an Int8Array',
    ],
    ['too few', { weights: [new Int8Array(239), new Int8Array(32)] }, 'weights[0]: expected 8 × 30 numbers, got 239'],
    ['-128', { weights: [new Int8Array(240).fill(-128), new Int8Array(32)] }, 'expected numbers from -127 to 127'],
    ['a NaN', { scales: [new Float32Array(8).fill(Number.NaN), new Float32Array(4)] }, 'scales[0]: expected finite'],
    [
      'below 0',
      { scales: [new Float32Array(8).fill(-1), new Float32Array(4)] },
      'scales[0]: expected numbers of at least 0',
    ],
    [
      'a scale of infinite weights',
      { scales: [new Float32Array(8).fill(3e36), new Float32Array(4)] },
      'scales[0]: expected weights that float32 can hold',
    ],
    ['a bias', { biases: [new Float32Array(7), new Float32Array(4)] }, 'biases[0]: expected 8 numbers, got 7'],
  ])('refuses parameters with %s', (_, change, message) => {
    const bytes = kernels.allocatedBytes;
    const make = () => Mlp.fromQuantized(kernels, { ...int8.spec, ...int8.quantized(), ...change });
    expect(make).toThrow(message);
    expect(make).toThrow(EdgeMlpError);
    expect(kernels.allocatedBytes).toBe(bytes);
  });

  it('takes little more than a quarter of the memory, and frees it', () => {
    const own = loadBuild();
    const whole = Mlp.create(own, { layers: [784, 300, 10] });
    const wholeBytes = own.allocatedBytes;
    const small = whole.quantize();
    expect(own.allocatedBytes - wholeBytes).toBeLessThan(0.27 * wholeBytes);
    small.dispose();
    whole.dispose();
    expect(own.allocatedBytes).toBe(0);
  });
});
