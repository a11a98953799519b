/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from './arguments.ts';
import { checkInputs, type InputKind, type Inputs, inputKind } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import { type Gradients, meanGradients } from './gradients.ts';
import { printAsJson } from './inspect.ts';
import { checkKernels, type Kernels } from './kernels.ts';
import type { RegressionLoss } from './loss.ts';
import { NetworkMemory, type NetworkOptions, type ParameterRange } from './network-memory.ts';
import { checkParameters, initialise, type Parameters, readParameters, writeParameters } from './parameters.ts';
import { inferenceOptions, Predictor, predictChunks, readActivations } from './predictor.ts';
import {
  checkQuantized,
  dequantize,
  type QuantizedParameters,
  quantize,
  readQuantized,
  writeQuantized,
} from './quantization.ts';
import {
  checkSeed,
  checkSpec,
  classCount,
  defaultInitialisation,
  type HiddenActivations,
  INITIALISATIONS,
  type Initialisation,
  inputSize,
  type MlpSpec,
  outputSize,
  type Precision,
  parameterCount,
  type Task,
} from './spec.ts';

/** Options of a new network. */
export interface CreateOptions {
  /** `[inputs, hidden …, classes]` */
  readonly layers: readonly number[];
  /** One for all hidden layers, or a list with one for each. Default: sigmoid. */
  readonly hiddenActivation?: HiddenActivations;
  /** `regression` for outputs that are numbers. Default: classification. */
  readonly task?: Task | undefined;
  /** Default: by the activation of each layer: normal for sigmoid, glorot for tanh and identity, he for the others. */
  readonly initialisation?: Initialisation;
  /** Seed of the random weights. Default: 1. */
  readonly seed?: number;
}

const CREATE_OPTIONS = [
  'layers',
  'hiddenActivation',
  'task',
  'initialisation',
  'seed',
] satisfies (keyof CreateOptions)[];

/** Shape and weights of a network. */
export interface FromParametersOptions extends Parameters {
  /** `[inputs, hidden …, classes]` */
  readonly layers: readonly number[];
  /** One for all hidden layers, or a list with one for each. Default: sigmoid. */
  readonly hiddenActivation?: HiddenActivations;
  /** Default: classification. */
  readonly task?: Task | undefined;
}

/** Shape and int8 weights of a network. */
export interface FromQuantizedOptions extends QuantizedParameters {
  /** `[inputs, hidden …, classes]` */
  readonly layers: readonly number[];
  /** One for all hidden layers, or a list with one for each. Default: sigmoid. */
  readonly hiddenActivation?: HiddenActivations;
  /** Default: classification. */
  readonly task?: Task | undefined;
}

/** The prediction for one sample. */
export interface Prediction {
  /** The most likely class; of equally likely classes, the first. */
  readonly label: number;
  /** `[classes]`, sum 1. */
  readonly probabilities: Float32Array;
}

/** The predictions for several samples. */
export interface BatchPrediction {
  /** `[samples]` */
  readonly labels: Uint16Array;
  /** `[samples][classes]` */
  readonly probabilities: Float32Array;
}

/**
 * A multilayer perceptron whose parameters are in the memory of the kernels. That memory is not garbage-collected: call
 * `dispose` when the network is no longer used, or declare it with `using`. A disposed network throws EdgeMlpError
 * "disposed".
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp, train } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 8, 2], hiddenActivation: 'tanh', seed: 1 });
 * for (const _ of train(mlp, ellipseDataset({ samples: 2000, seed: 1 }), { epochs: 20 }));
 * console.log(mlp.predict(Float32Array.of(0, 0)).label, mlp.predict(Float32Array.of(1, 1)).label); // 1 0
 * mlp.dispose();
 * ```
 */
export class Mlp {
  /** Layers, activation and task. */
  readonly spec: MlpSpec;
  /** The kernels whose memory holds the network. */
  readonly kernels: Kernels;
  /** int8 networks predict and cannot be trained. */
  readonly precision: Precision;
  #memory: NetworkMemory | undefined;
  /** Kept, so that predicting one sample does not allocate linear memory. */
  #predictors: Partial<Record<InputKind, Predictor>> = {};

  private constructor(kernels: Kernels, spec: MlpSpec, precision: Precision = 'float32') {
    checkKernels(kernels);
    printAsJson(this, 'Mlp');
    this.kernels = kernels;
    this.spec = spec;
    this.precision = precision;
    this.#memory = new NetworkMemory(kernels, this.spec, inferenceOptions(spec, precision));
  }

  /** A new network with random weights. Throws EdgeMlpError "bad-spec", "bad-argument" or "out-of-memory". */
  static create(kernels: Kernels, options: CreateOptions): Mlp {
    checkOptions('Mlp.create', options, CREATE_OPTIONS);
    const { layers, hiddenActivation = 'sigmoid', seed = 1 } = options;
    const spec = checkSpec({ layers, hiddenActivation, task: options.task });
    const initialisation = options.initialisation ?? defaultInitialisation(spec.hiddenActivation);
    checkSeed(seed);
    if (!INITIALISATIONS.includes(initialisation)) {
      const message = `initialisation: expected one of ${INITIALISATIONS.join(', ')}, got ${String(initialisation)}`;
      throw new EdgeMlpError('bad-argument', message);
    }
    return new Mlp(kernels, spec).#fill((mlp) => initialise(kernels, mlp.memory, initialisation, seed));
  }

  /** A network with given weights. Throws EdgeMlpError "bad-spec", "bad-shape", "not-finite" or "out-of-memory". */
  static fromParameters(kernels: Kernels, options: FromParametersOptions): Mlp {
    const { layers, hiddenActivation = 'sigmoid', weights, biases } = options;
    const spec = checkSpec({ layers, hiddenActivation, task: options.task });
    checkParameters(spec, { weights, biases });
    return new Mlp(kernels, spec).#fill((mlp) => writeParameters(kernels, mlp.memory, { weights, biases }));
  }

  /**
   * A network with given int8 weights. Throws EdgeMlpError "bad-spec", "bad-shape", "bad-argument", "not-finite" or
   * "out-of-memory".
   */
  static fromQuantized(kernels: Kernels, options: FromQuantizedOptions): Mlp {
    const { layers, hiddenActivation = 'sigmoid', ...parameters } = options;
    const spec = checkSpec({ layers, hiddenActivation, task: options.task });
    checkQuantized(spec, parameters);
    return new Mlp(kernels, spec, 'int8').#fill((mlp) => writeQuantized(kernels, mlp.memory, parameters));
  }

  /**
   * Another network with the nearest int8 weights: a quarter of the memory, only for prediction. Throws as
   * `fromQuantized`.
   */
  quantize(): Mlp {
    return Mlp.fromQuantized(this.kernels, { ...this.spec, ...this.quantized() });
  }

  /**
   * A copy of the int8 parameters, or the int8 parameters nearest to the float32 ones. Throws EdgeMlpError "bad-spec".
   */
  quantized(): QuantizedParameters {
    return this.precision === 'int8'
      ? readQuantized(this.kernels, this.memory)
      : quantize(this.spec, this.parameters());
  }

  /**
   * Class and probabilities of one sample, or of each sample of a list. Throws EdgeMlpError "bad-shape", "not-finite",
   * or "bad-argument" for a regression.
   */
  predict(sample: Inputs): Prediction;
  predict(samples: readonly Inputs[]): Prediction[];
  predict(input: Inputs | readonly Inputs[]): Prediction | Prediction[] {
    if (Array.isArray(input) && typeof input[0] !== 'number')
      return input.map((sample: Inputs) => this.predict(sample));
    const sample = input as Inputs;
    this.#requireClasses('predict');
    checkInputs(sample, inputSize(this.spec), 1);
    const kind = inputKind(sample);
    this.#predictors[kind] ??= new Predictor(this.kernels, this.spec, { kind, capacity: 1 });
    const predictor = this.#predictors[kind];
    predictor.run(this.memory.network, sample, 1);
    return { label: predictor.label(0), probabilities: predictor.probabilities(1) };
  }

  /**
   * Classes and probabilities of `inputs` [samples][inputs]: faster than `predict` for several samples. Throws
   * EdgeMlpError "bad-shape", "not-finite", or "bad-argument" for a regression.
   */
  predictBatch(inputs: Inputs): BatchPrediction {
    this.#requireClasses('predictBatch');
    const classes = classCount(this.spec);
    const samples = checkInputs(inputs, inputSize(this.spec));
    const labels = new Uint16Array(samples);
    const probabilities = new Float32Array(samples * classes);
    predictChunks(this, inputs, (predictor, first, count) => {
      probabilities.set(predictor.probabilities(count), first * classes);
      for (let i = 0; i < count; i++) labels[first + i] = predictor.label(i);
    });
    return { labels, probabilities };
  }

  /**
   * The values of a regression, `[samples][targets]`, for `inputs` [samples][inputs]. They are standardised, as the
   * targets were in training; `unscaleTargets` converts them. Throws EdgeMlpError "bad-shape", "not-finite", or
   * "bad-argument" for a network that classifies.
   */
  predictValues(inputs: Inputs): Float32Array {
    if (this.spec.task === 'regression') return this.logits(inputs);
    const hint = "call predict or predictBatch, or create the network with task 'regression'";
    throw new EdgeMlpError('bad-argument', `predictValues: expected a regression, got a network with classes: ${hint}`);
  }

  /**
   * The outputs of the last layer, `[samples][outputs]`, for `inputs` [samples][inputs]: the inputs of softmax, or the
   * values of a regression. Throws EdgeMlpError "bad-shape" or "not-finite".
   */
  logits(inputs: Inputs): Float32Array {
    const size = outputSize(this.spec);
    const logits = new Float32Array(checkInputs(inputs, inputSize(this.spec)) * size);
    predictChunks(this, inputs, (predictor, first, count) => {
      logits.set(predictor.outputs(count), first * size);
    });
    return logits;
  }

  /**
   * The outputs of each hidden layer after its activation, `[hidden layers][samples × units]`, for `inputs`
   * [samples][inputs]. Throws EdgeMlpError "bad-shape" or "not-finite".
   */
  activations(inputs: Inputs): Float32Array[] {
    checkInputs(inputs, inputSize(this.spec));
    return readActivations(this, inputs);
  }

  /**
   * Mean loss over the samples and its gradient with respect to every parameter. `inputs` [samples][inputs], `labels`
   * [samples], as Float32Array [samples][classes] of target probabilities, or [samples][targets] for regression, whose
   * `loss` is squared-error by default. Throws EdgeMlpError "bad-shape", "bad-data", "not-finite", or "bad-argument" if
   * the weights are int8.
   */
  gradients(inputs: Inputs, labels: ArrayLike<number>, loss?: RegressionLoss): Gradients {
    this.requireFloat32('gradients');
    return meanGradients(this, inputs, labels, loss);
  }

  /** A copy of every parameter, in float32. */
  parameters(): Parameters {
    if (this.precision === 'int8') return dequantize(this.spec, readQuantized(this.kernels, this.memory));
    return readParameters(this.kernels, this.memory);
  }

  /**
   * Replaces every parameter. Throws EdgeMlpError "bad-shape", "not-finite", or "bad-argument" if the weights are int8;
   * then the network is unchanged.
   */
  setParameters(parameters: Parameters): void {
    this.requireFloat32('setParameters');
    checkParameters(this.spec, parameters);
    writeParameters(this.kernels, this.memory, parameters);
  }

  /** Frees the memory of the network. A second call does nothing. */
  dispose(): void {
    for (const predictor of Object.values(this.#predictors)) predictor.free();
    this.#predictors = {};
    this.#memory?.free();
    this.#memory = undefined;
  }

  /** Whether `dispose` was called. */
  get disposed(): boolean {
    return this.#memory === undefined;
  }

  /** Calls `dispose` at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Layers, activation, task, number format and number of parameters, for `JSON.stringify` and `console.log`. */
  toJSON(): MlpSpec & { readonly precision: Precision; readonly parameters: number } {
    return { ...this.spec, precision: this.precision, parameters: parameterCount(this.spec.layers) };
  }

  /** @internal */
  get memory(): NetworkMemory {
    if (this.#memory === undefined) throw new EdgeMlpError('disposed', 'this Mlp was disposed: create another one');
    return this.#memory;
  }

  /** @internal Throws EdgeMlpError "bad-argument" if the weights are int8. */
  requireFloat32(purpose: string): void {
    if (this.precision === 'float32') return;
    const message = `${purpose}: expected float32 weights, got int8: train the float32 network, and quantize it at the end`;
    throw new EdgeMlpError('bad-argument', message);
  }

  /**
   * @internal Moves the parameters to memory with another layout: more rows, a gradient, a velocity, or none of these.
   */
  relayout(options: NetworkOptions = inferenceOptions(this.spec)): NetworkMemory {
    const old = this.memory;
    const next = new NetworkMemory(this.kernels, this.spec, options);
    next.parameters.set(old.parameters);
    this.#memory = next;
    old.free();
    return next;
  }

  /** @internal Numbers in the shapes of the parameters; undefined if the layout does not have them. */
  range(name: ParameterRange): Parameters | undefined {
    return this.memory.address(name) === 0 ? undefined : readParameters(this.kernels, this.memory, name);
  }

  /** @internal Throws EdgeMlpError "bad-shape", "not-finite", or "checkpoint-mismatch" without memory for the range. */
  setRange(name: ParameterRange, values: Parameters): void {
    if (this.memory.address(name) === 0)
      throw new EdgeMlpError('checkpoint-mismatch', `${name}: expected none, as the options of the run need none`);
    checkParameters(this.spec, values);
    writeParameters(this.kernels, this.memory, values, name);
  }

  #requireClasses(call: string): void {
    if (this.spec.task !== 'regression') return;
    const message = `${call}: expected a network with classes, got a regression: call predictValues`;
    throw new EdgeMlpError('bad-argument', message);
  }

  /** Calls `fill` and returns this network, or disposes it and throws the error. */
  #fill(fill: (mlp: Mlp) => void): Mlp {
    try {
      fill(this);
      return this;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }
}
