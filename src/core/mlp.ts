/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from './arguments.ts';
import { withResources } from './borrow.ts';
import { checkFinite, checkLabels, type InputKind, type Inputs, inputKind } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { LayoutOptions } from './layout.ts';
import { NetworkMemory } from './network-memory.ts';
import { checkParameters, initialise, type Parameters, readParameters, writeParameters } from './parameters.ts';
import { Predictor } from './predictor.ts';
import {
  checkQuantized,
  dequantize,
  type QuantizedParameters,
  quantize,
  readQuantized,
  writeQuantized,
} from './quantization.ts';
import { SampleMemory } from './sample-memory.ts';
import {
  checkSeed,
  checkSpec,
  classCount,
  defaultInitialisation,
  type HiddenActivation,
  INITIALISATIONS,
  type Initialisation,
  inputSize,
  type MlpSpec,
  type Precision,
  parameterCount,
} from './spec.ts';

/** What a new network is. */
export interface CreateOptions {
  /** `[inputs, hidden …, classes]` */
  readonly layers: readonly number[];
  /** Default: sigmoid. */
  readonly hiddenActivation?: HiddenActivation;
  /** Default: normal for sigmoid, glorot for tanh, he for relu. */
  readonly initialisation?: Initialisation;
  /** Default: 1. */
  readonly seed?: number;
}

/** Every name in CreateOptions. */
const CREATE_OPTIONS = ['layers', 'hiddenActivation', 'initialisation', 'seed'] satisfies (keyof CreateOptions)[];

/** A network’s shape, and its numbers. */
export interface FromParametersOptions extends Parameters {
  /** `[inputs, hidden …, classes]` */
  readonly layers: readonly number[];
  /** Default: sigmoid. */
  readonly hiddenActivation?: HiddenActivation;
}

/** A network’s shape, and its int8 numbers. */
export interface FromQuantizedOptions extends QuantizedParameters {
  /** `[inputs, hidden …, classes]` */
  readonly layers: readonly number[];
  /** Default: sigmoid. */
  readonly hiddenActivation?: HiddenActivation;
}

/** What a sample is taken for. */
export interface Prediction {
  /** The most likely class, the first of equals. */
  readonly label: number;
  /** One for each class; they add up to 1. */
  readonly probabilities: Float32Array;
}

/** What samples are taken for. */
export interface BatchPrediction {
  /** `[samples]` */
  readonly labels: Uint16Array;
  /** `[samples][classes]` */
  readonly probabilities: Float32Array;
}

/** A loss and its derivatives, in the shapes of the parameters. */
export interface Gradients extends Parameters {
  /** Mean cross-entropy over the samples, in formatNats. */
  readonly loss: number;
}

/** Without training: some samples at a time, which share what is read of the weights; no gradient, no velocity. */
function inferenceLayout(spec: MlpSpec, precision: Precision = 'float32'): LayoutOptions {
  const [inputs = 0, ...outputs] = spec.layers;
  const rowBytes = 8 * outputs.reduce((sum, count) => sum + count, inputs);
  const most = Math.floor((INFERENCE_SHARE * 4 * parameterCount(spec.layers)) / rowBytes);
  // Rows of an int8 network share nothing.
  const rows = precision === 'int8' ? 1 : Math.max(1, Math.min(INFERENCE_ROWS, most));
  return { precision, rows, training: false, sparse: false, velocity: false, gradient: false, deferral: false };
}

const INFERENCE_ROWS = 16;
/** Of the memory of the weights: rows take no more, so that a service holds as many networks. */
const INFERENCE_SHARE = 1 / 8;

/** How many samples `predictBatch`, `logits` and `evaluate` bring into linear memory at a time. */
export const CHUNK_SAMPLES = 256;

/**
 * A multilayer perceptron whose parameters live in the kernels' memory. It must be disposed of when it is no longer used:
 * that memory is not garbage-collected.
 *
 * @example
 * ```ts
 * import { Mlp, train } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 * import { loadKernels } from 'edge-mlp';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 8, 2], hiddenActivation: 'tanh', seed: 1 });
 * for (const _ of train(mlp, ellipseDataset({ samples: 2000, seed: 1 }), { epochs: 20 }));
 * console.log(mlp.predict(Float32Array.of(0, 0)).label, mlp.predict(Float32Array.of(1, 1)).label); // 1 0
 * mlp.dispose();
 * ```
 */
export class Mlp {
  /** Layers and activation. */
  readonly spec: MlpSpec;
  /** In whose memory it lives. */
  readonly kernels: Kernels;
  /** int8 weights predict; they cannot be trained. */
  readonly precision: Precision;
  #memory: NetworkMemory | undefined;
  /** Kept, so that predicting one sample allocates nothing in linear memory. */
  #predictors: Partial<Record<InputKind, Predictor>> = {};

  private constructor(kernels: Kernels, spec: MlpSpec, precision: Precision = 'float32') {
    this.kernels = kernels;
    this.spec = spec;
    this.precision = precision;
    this.#memory = new NetworkMemory(kernels, this.spec, inferenceLayout(spec, precision));
  }

  /** A new network with random weights. Throws `bad-spec`, `bad-argument` or `out-of-memory`. */
  static create(kernels: Kernels, options: CreateOptions): Mlp {
    checkOptions('Mlp.create', options, CREATE_OPTIONS);
    const { layers, hiddenActivation = 'sigmoid', seed = 1 } = options;
    const spec = checkSpec({ layers, hiddenActivation });
    const initialisation = options.initialisation ?? defaultInitialisation(hiddenActivation);
    checkSeed(seed);
    if (!INITIALISATIONS.includes(initialisation)) {
      throw new EdgeMlpError(
        'bad-argument',
        `initialisation: expected one of ${INITIALISATIONS.join(', ')}, got ${String(initialisation)}`,
      );
    }
    return new Mlp(kernels, spec).#filled((mlp) => initialise(kernels, mlp.memory, initialisation, seed));
  }

  /** A network of given weights. Throws `bad-spec`, `bad-shape`, `not-finite` or `out-of-memory`. */
  static fromParameters(kernels: Kernels, options: FromParametersOptions): Mlp {
    const { layers, hiddenActivation = 'sigmoid', weights, biases } = options;
    const spec = checkSpec({ layers, hiddenActivation });
    checkParameters(spec, { weights, biases });
    return new Mlp(kernels, spec).#filled((mlp) => mlp.setParameters({ weights, biases }));
  }

  /** A network of int8 weights. Throws `bad-spec`, `bad-shape`, `bad-argument`, `not-finite` or `out-of-memory`. */
  static fromQuantized(kernels: Kernels, options: FromQuantizedOptions): Mlp {
    const { layers, hiddenActivation = 'sigmoid', ...parameters } = options;
    const spec = checkSpec({ layers, hiddenActivation });
    checkQuantized(spec, parameters);
    return new Mlp(kernels, spec, 'int8').#filled((mlp) => writeQuantized(kernels, mlp.memory, parameters));
  }

  /**
   * Another network, of the nearest int8 weights: a quarter of the memory, for prediction alone. Throws as `fromQuantized`.
   */
  quantize(): Mlp {
    return Mlp.fromQuantized(this.kernels, { ...this.spec, ...this.quantized() });
  }

  /** The parameters as int8: a copy of its own, or the nearest of float32 ones. Throws `bad-spec`. */
  quantized(): QuantizedParameters {
    return this.precision === 'int8'
      ? readQuantized(this.kernels, this.memory)
      : quantize(this.spec, this.parameters());
  }

  /** Class and probabilities of one sample, or of each of a list. Throws `bad-shape` or `not-finite`. */
  predict(sample: Inputs): Prediction;
  predict(samples: readonly Inputs[]): Prediction[];
  predict(input: Inputs | readonly Inputs[]): Prediction | Prediction[] {
    if (Array.isArray(input)) return input.map((sample: Inputs) => this.predict(sample));
    const sample = input as Inputs;
    this.#checkInputs(sample, 1);
    const predictor = this.#getPredictor(inputKind(sample));
    predictor.run(this.memory.network, sample, 1);
    return { label: predictor.label(0), probabilities: predictor.probabilities(1) };
  }

  /** The same for many samples in one array [samples][inputs], faster. Throws `bad-shape` or `not-finite`. */
  predictBatch(inputs: Inputs): BatchPrediction {
    const classes = classCount(this.spec);
    const samples = this.#checkInputs(inputs);
    const labels = new Uint16Array(samples);
    const probabilities = new Float32Array(samples * classes);
    this.#forEachChunk(inputs, (predictor, first, count) => {
      probabilities.set(predictor.probabilities(count), first * classes);
      for (let i = 0; i < count; i++) labels[first + i] = predictor.label(i);
    });
    return { labels, probabilities };
  }

  /** What softmax is applied to, [samples][classes]. Throws `bad-shape` or `not-finite`. */
  logits(inputs: Inputs): Float32Array {
    const classes = classCount(this.spec);
    const logits = new Float32Array(this.#checkInputs(inputs) * classes);
    this.#forEachChunk(inputs, (predictor, first, count) => {
      logits.set(predictor.logits(count), first * classes);
    });
    return logits;
  }

  /**
   * Mean loss over the samples and its gradient with respect to every parameter, for study, tests and other optimisers.
   * `inputs` [samples][inputs], `labels` [samples]. Throws `bad-shape`, `bad-data`, `not-finite`, or `bad-argument` of int8 weights.
   */
  gradients(inputs: Inputs, labels: ArrayLike<number>): Gradients {
    this.requireFloat32('gradients');
    const samples = this.#checkInputs(inputs, labels?.length ?? 0);
    if (samples === 0) throw new EdgeMlpError('bad-shape', 'gradients: expected at least one sample, got none');
    checkLabels('labels', labels, classCount(this.spec));
    const kind = inputKind(inputs);
    const columns = inputSize(this.spec);
    return withResources((hold) => {
      const memory = hold(
        new NetworkMemory(this.kernels, this.spec, { ...inferenceLayout(this.spec), rows: 1, gradient: true }),
      );
      const region = hold(new SampleMemory(this.kernels, { capacity: samples, columns, kind, sparse: true }));
      memory.floats(memory.layout.parameters).set(this.memory.floats(this.memory.layout.parameters));
      region.writeInputs(inputs);
      region.writeLabels(labels);
      const loss = this.kernels.call.meanGradient(memory.network, region.address, samples);
      const shift = (memory.layout.gradient?.offset ?? 0) - memory.layout.parameters.offset;
      return { loss, ...readParameters(this.kernels, memory, shift) };
    });
  }

  /** A copy of every parameter; of int8 weights, what they stand for. */
  parameters(): Parameters {
    if (this.precision === 'int8') return dequantize(this.spec, readQuantized(this.kernels, this.memory));
    return readParameters(this.kernels, this.memory);
  }

  /**
   * Replaces every parameter. Throws `bad-shape`, `not-finite`, or `bad-argument` of int8 weights, and then changes nothing.
   */
  setParameters(parameters: Parameters): void {
    this.requireFloat32('setParameters');
    checkParameters(this.spec, parameters);
    writeParameters(this.kernels, this.memory, parameters);
  }

  /** Gives the memory back. Any later use throws `disposed`; a second dispose does nothing. */
  dispose(): void {
    for (const predictor of Object.values(this.#predictors)) predictor.free();
    this.#predictors = {};
    this.#memory?.free();
    this.#memory = undefined;
  }

  /** Whether it was disposed of. */
  get disposed(): boolean {
    return this.#memory === undefined;
  }

  /** `dispose`, at the end of a block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal The network's memory, for training and evaluation in this folder. */
  get memory(): NetworkMemory {
    if (this.#memory === undefined) throw new EdgeMlpError('disposed', 'this Mlp was disposed of: create another one');
    return this.#memory;
  }

  /** @internal Throws `bad-argument` where the weights are int8. */
  requireFloat32(purpose: string): void {
    if (this.precision === 'float32') return;
    const message = `${purpose}: expected float32 weights, got int8: begin with the float32 network, and quantize at the end`;
    throw new EdgeMlpError('bad-argument', message);
  }

  /** @internal Moves the parameters to memory of another layout: more rows, a gradient, a velocity, or none of these. */
  relayout(options: LayoutOptions = inferenceLayout(this.spec)): NetworkMemory {
    const old = this.memory;
    const next = new NetworkMemory(this.kernels, this.spec, options);
    next.floats(next.layout.parameters).set(old.floats(old.layout.parameters));
    this.#memory = next;
    old.free();
    return next;
  }

  /** @internal The velocity of momentum, in the parameters' shape; undefined where the layout has none. */
  velocity(): Parameters | undefined {
    const shift = this.#velocityShift();
    return shift === undefined ? undefined : readParameters(this.kernels, this.memory, shift);
  }

  /** @internal */
  setVelocity(velocity: Parameters): void {
    const shift = this.#velocityShift();
    if (shift === undefined) throw new EdgeMlpError('checkpoint-mismatch', 'velocity: expected none, as momentum is 0');
    checkParameters(this.spec, velocity);
    writeParameters(this.kernels, this.memory, velocity, shift);
  }

  /** This network with its parameters, or its memory given back and the error. */
  #filled(fill: (mlp: Mlp) => void): Mlp {
    try {
      fill(this);
      return this;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  #velocityShift(): number | undefined {
    const { velocity, parameters } = this.memory.layout;
    return velocity === undefined ? undefined : velocity.offset - parameters.offset;
  }

  /** Returns the number of samples in `inputs`. */
  #checkInputs(inputs: Inputs, expected?: number): number {
    if (!(inputs instanceof Uint8Array || inputs instanceof Float32Array)) {
      const message = `inputs: expected a Uint8Array (0–255) or a Float32Array, got ${typeof inputs}`;
      throw new EdgeMlpError('bad-shape', message);
    }
    const columns = inputSize(this.spec);
    const samples = inputs.length / columns;
    if (!Number.isInteger(samples) || (expected !== undefined && samples !== expected)) {
      const rows = expected === undefined ? 'a multiple of' : `${expected} ×`;
      throw new EdgeMlpError('bad-shape', `inputs: expected ${rows} ${columns} numbers, got ${inputs.length}`);
    }
    if (inputs instanceof Float32Array) checkFinite('inputs', inputs);
    return samples;
  }

  #getPredictor(kind: InputKind): Predictor {
    this.#predictors[kind] ??= new Predictor(this.kernels, this.spec, { kind, capacity: 1 });
    return this.#predictors[kind];
  }

  #forEachChunk(inputs: Inputs, visit: (predictor: Predictor, first: number, count: number) => void): void {
    const columns = inputSize(this.spec);
    const samples = inputs.length / columns;
    const kind = inputKind(inputs);
    withResources((hold) => {
      const capacity = Math.min(samples, CHUNK_SAMPLES);
      const predictor = hold(new Predictor(this.kernels, this.spec, { kind, capacity }));
      for (let first = 0; first < samples; first += CHUNK_SAMPLES) {
        const count = Math.min(CHUNK_SAMPLES, samples - first);
        predictor.run(this.memory.network, inputs.subarray(first * columns, (first + count) * columns), count);
        visit(predictor, first, count);
      }
    });
  }
}
