/** Writes the files that contenders read: samples, training order and weights. bench/task.ts describes the files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { digitsDataset } from '../dist/src/data/index.js';
import { parseModel } from '../dist/src/format/index.js';
import { type Kernels, loadKernels, Mlp, type Parameters, Random } from '../dist/src/runtime/node.js';
import { formatOnnx } from './onnx.ts';
import type { Network } from './task.ts';
import { type DataName, QUICK, quickSamples, type SharedWorkload } from './workloads.ts';

/** Seed of the training order, the initial weights and generated data. */
export const SEED = 1;
const SHIPPED_MODEL = fileURLToPath(new URL('../models/mnist-784-300-10.safetensors', import.meta.url));

interface Samples {
  /** [samples][columns] */
  readonly inputs: Uint8Array | Float32Array;
  readonly labels: ArrayLike<number>;
  readonly columns: number;
}

interface Sets {
  readonly training: Samples;
  readonly test?: Samples;
}

export interface TaskFiles {
  readonly data: string;
  readonly weights: string;
  readonly inputs: 'bytes' | 'floats';
  /** Share of nonzero training inputs. */
  readonly density: number;
}

/** Writes the files of workloads into a folder. Workloads with the same data share its files. */
export class FileWriter {
  readonly #folder: string;
  readonly #quick: boolean;
  readonly #kernels: Kernels;
  readonly #sets = new Map<DataName, Pick<TaskFiles, 'data' | 'inputs' | 'density'>>();

  private constructor(folder: string, quick: boolean, kernels: Kernels) {
    this.#folder = folder;
    this.#quick = quick;
    this.#kernels = kernels;
  }

  /** With `quick`, digits are generated and data sets are small. */
  static async create(folder: string, quick: boolean): Promise<FileWriter> {
    return new FileWriter(folder, quick, await loadKernels());
  }

  async write(workload: SharedWorkload): Promise<TaskFiles> {
    const set = this.#sets.get(workload.data) ?? (await this.#writeSets(workload.data));
    this.#sets.set(workload.data, set);
    return { ...set, weights: this.#writeWeights(workload) };
  }

  async #writeSets(name: DataName) {
    const { training, test } = await loadSets(name, this.#quick);
    const { inputs, labels, columns } = training;
    const order = new Random(SEED, 'shuffle').permutation(labels.length);
    const ordered = inputs.slice();
    for (const [n, sample] of order.entries())
      ordered.set(inputs.subarray(sample * columns, (sample + 1) * columns), n * columns);
    const data = this.#writeFolder(`data-${name}`, {
      inputs,
      labels: Uint8Array.from(labels),
      orderedInputs: ordered,
      orderedLabels: Uint8Array.from(order, (sample) => labels[sample] ?? 0),
      ...(test === undefined ? {} : { test: test.inputs }),
    });
    return { data, inputs: describeInputs(inputs), density: computeDensity(inputs) };
  }

  /** Training starts from random weights; prediction uses the weights of the bundled model. */
  #writeWeights({ name, kind, network }: SharedWorkload): string {
    if (kind === 'train') return this.#writeFolder(name, formatLayers(network, this.#createParameters(network)));
    const file = readFileSync(SHIPPED_MODEL);
    const { parameters } = parseModel(file, SHIPPED_MODEL);
    const onnx = formatOnnx({ ...network, ...parameters });
    const models = { 'model.safetensors': file, 'model.onnx': onnx };
    return this.#writeFolder(name, { ...formatLayers(network, parameters), ...models });
  }

  #createParameters(network: Network): Parameters {
    const mlp = Mlp.create(this.#kernels, { ...network, seed: SEED });
    const parameters = mlp.parameters();
    mlp.dispose();
    return parameters;
  }

  #writeFolder(name: string, files: Readonly<Record<string, Uint8Array | Float32Array>>): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, { buffer, byteOffset, byteLength }] of Object.entries(files))
      writeFileSync(join(folder, file), new Uint8Array(buffer, byteOffset, byteLength));
    return folder;
  }
}

function describeInputs(inputs: Samples['inputs']): TaskFiles['inputs'] {
  return inputs instanceof Uint8Array ? 'bytes' : 'floats';
}

function computeDensity(inputs: Samples['inputs']): number {
  let nonZero = 0;
  for (const value of inputs) if (value !== 0) nonZero++;
  return nonZero / inputs.length;
}

function formatLayers({ layers }: Network, { weights, biases }: Parameters): Record<string, Float32Array> {
  const files: Record<string, Float32Array> = {};
  for (const [l, weight] of weights.entries()) {
    const [inputs = 0, outputs = 0] = layers.slice(l);
    files[`w${l + 1}`] = weight.map((_, k) => weight[(k % outputs) * inputs + Math.floor(k / outputs)] ?? 0);
    files[`b${l + 1}`] = biases[l] ?? new Float32Array(outputs);
  }
  return files;
}

async function loadSets(name: DataName, quick: boolean): Promise<Sets> {
  if (name === 'digits') return quick ? generateDigits() : loadMnist();
  const { samples, columns, classes } = {
    dense: { samples: 6400, columns: 784, classes: 10 },
    pairs: { samples: 512_000, columns: 2, classes: 2 },
    octets: { samples: 512_000, columns: 8, classes: 3 },
  }[name];
  return { training: generateSamples(quick ? quickSamples(name) : samples, columns, classes) };
}

function generateDigits(): Sets {
  const training = digitsDataset({ samples: QUICK.samples, seed: SEED });
  return { training, test: digitsDataset({ samples: QUICK.test, seed: SEED, part: 1 }) };
}

/** Nonzero values between -1 and 1; the label is the class with the largest of fixed random linear scores. */
function generateSamples(samples: number, columns: number, classes: number): Samples {
  const random = new Random(SEED, 'generation');
  const rule = Float64Array.from({ length: classes * columns }, () => random.between(-1, 1));
  const inputs = Float32Array.from({ length: samples * columns }, () => random.between(-1, 1) || 1);
  const labels = new Uint8Array(samples);
  const scores = new Float64Array(classes);
  for (let n = 0; n < samples; n++) {
    for (let o = 0; o < classes; o++) {
      let score = 0;
      for (let i = 0; i < columns; i++) score += (rule[o * columns + i] ?? 0) * (inputs[n * columns + i] ?? 0);
      scores[o] = score;
    }
    labels[n] = scores.indexOf(Math.max(...scores));
  }
  return { inputs, labels, columns };
}
