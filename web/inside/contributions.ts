/**
 * How much each input and each hidden unit adds to an output: DeepLIFT's rescale rule (Shrikumar, Greenside and Kundaje,
 * "Learning important features through propagating activation differences", 2017, section 3.5.1). Every quantity is
 * compared with its value for a reference input. A hidden unit passes on what reaches it with the factor Δh / Δz instead
 * of the derivative h'(z). Therefore the contributions of a layer sum to the difference of the output exactly, up to
 * rounding, which gradient × input does not promise.
 */
import { floatInputs, type Inputs } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { activationAt } from '../../src/core/spec.ts';
import { ACTIVATIONS } from '../../src/reference/activations.ts';

/** Below this |Δz| the quotient Δh / Δz of float32 numbers has no correct digits: the derivative replaces it. */
const MIN_DIFFERENCE = 1e-3;

export interface Contributions {
  /** The output for the reference input. */
  readonly start: number;
  /** The output for the sample. */
  readonly end: number;
  /** `[inputs]`, sum `end - start`. */
  readonly inputs: Float64Array;
  /** `[hidden layers][units]`, each layer with the sum `end - start`. */
  readonly units: readonly Float64Array[];
  /** Activations for the sample, `[hidden layers][units]`. */
  readonly activations: readonly Float32Array[];
  /** Weights of each layer in float32, `[outputs][inputs]`. */
  readonly weights: readonly Float32Array[];
}

/**
 * The contributions to Σ `direction`[k] · output k, where the outputs are logits, or values of a regression. With 1 for
 * class a and -1 for class b, this is log(p_a / p_b). The reference input is 0 everywhere: no ink, or, for standardised
 * inputs, the mean of the training set. `sample` [inputs]. Throws EdgeMlpError "bad-shape" or "not-finite".
 */
export function computeContributions(mlp: Mlp, sample: Inputs, direction: readonly number[]): Contributions {
  const { spec } = mlp;
  const { weights, biases } = readFloatParameters(mlp);
  const inputs = floatInputs(sample);
  const both = new Float32Array(2 * inputs.length);
  both.set(inputs);
  const activations = mlp.activations(both);
  const layers = [both, ...activations].map(splitPair);
  const outputs = splitPair(mlp.logits(both));
  const contributions: Float64Array[] = [];
  // The factor of each output of layer l in the result.
  let factors = Float64Array.from(direction);
  for (let l = layers.length - 1; l >= 0; l--) {
    const { sample: values, reference } = layers[l] ?? outputs;
    const weight = weights[l] ?? new Float32Array();
    const differences = Float64Array.from(values, (value, i) => value - (reference[i] ?? 0));
    const passed = multiplyTransposed(weight, factors, values.length);
    contributions.unshift(passed.map((factor, i) => factor * (differences[i] ?? 0)));
    const below = layers[l - 1];
    if (below === undefined) break;
    const [slope, weightBelow, bias] = [ACTIVATIONS[activationAt(spec, l - 1)].slope, weights[l - 1], biases[l - 1]];
    const z = multiply(weightBelow ?? weight, below.sample, bias ?? []);
    const start = multiply(weightBelow ?? weight, below.reference, bias ?? []);
    factors = passed.map((factor, j) => {
      const [at = 0, from = 0] = [z[j], start[j]];
      const exact = Math.abs(at - from) >= MIN_DIFFERENCE;
      return factor * (exact ? (differences[j] ?? 0) / (at - from) : slope(at, values[j] ?? 0));
    });
  }
  const [own = new Float64Array(), ...units] = contributions;
  const weigh = (row: Float32Array) => row.reduce((sum, value, k) => sum + value * (direction[k] ?? 0), 0);
  return {
    start: weigh(outputs.reference),
    end: weigh(outputs.sample),
    inputs: own,
    units,
    activations: layers.slice(1).map(({ sample: row }) => row),
    weights,
  };
}

const dequantized = new WeakMap<Mlp, Parameters>();

/** int8 weights never change, and their float32 values take long to compute: they are kept. */
function readFloatParameters(mlp: Mlp): Parameters {
  if (mlp.precision !== 'int8') return mlp.parameters();
  const parameters = dequantized.get(mlp) ?? mlp.parameters();
  dequantized.set(mlp, parameters);
  return parameters;
}

/** The rows of two samples. */
function splitPair(rows: Float32Array) {
  return { sample: rows.subarray(0, rows.length / 2), reference: rows.subarray(rows.length / 2) };
}

/** z = W x + a, with `weight` (out, in). */
function multiply(weight: Float32Array, x: Float32Array, bias: ArrayLike<number>): Float64Array {
  const used = [...x.keys()].filter((i) => x[i] !== 0);
  return Float64Array.from(bias, (a, o) => {
    const start = o * x.length;
    return used.reduce((sum, i) => sum + (weight[start + i] ?? 0) * (x[i] ?? 0), a);
  });
}

/** Wᵀ δ, `[inputs]`, with `weight` (out, in). */
function multiplyTransposed(weight: Float32Array, delta: Float64Array, inputs: number): Float64Array {
  const result = new Float64Array(inputs);
  for (const [o, factor] of delta.entries()) {
    const row = weight.subarray(o * inputs, (o + 1) * inputs);
    for (let i = 0; i < inputs; i++) result[i] = (result[i] ?? 0) + factor * (row[i] ?? 0);
  }
  return result;
}
