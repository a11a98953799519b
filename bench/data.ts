/** Writes what all contenders read: samples, the order of training, weights. bench/task.ts names the files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadMnist } from '../dist/cli/data/idx-sets/load.js';
import { digitsDataset } from '../dist/src/data/index.js';
import { parseModel } from '../dist/src/format/index.js';
import { type Kernels, loadKernels, Mlp, type Parameters, Random } from '../dist/src/runtime/node.js';
import { onnxModel } from './onnx.ts';
import type { Network } from './task.ts';
import { type DataName, QUICK, quickSamples, type Workload } from './workloads.ts';

/** Of the order, the weights and whatever is generated. */
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

export interface Written {
  readonly data: string;
  readonly weights: string;
  readonly inputs: 'bytes' | 'floats';
  /** Share of the training inputs that are not zero. */
  readonly density: number;
}

/** Files for workloads in a folder; sets are written once, as several workloads share them. */
export class Files {
  readonly #folder: string;
  readonly #quick: boolean;
  readonly #kernels: Kernels;
  readonly #sets = new Map<DataName, Pick<Written, 'data' | 'inputs' | 'density'>>();

  private constructor(folder: string, quick: boolean, kernels: Kernels) {
    this.#folder = folder;
    this.#quick = quick;
    this.#kernels = kernels;
  }

  /** With `quick` the digits are generated, and sets are small. */
  static async in(folder: string, quick: boolean): Promise<Files> {
    return new Files(folder, quick, await loadKernels());
  }

  async write(workload: Workload): Promise<Written> {
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
    return { data, inputs: inputKind(inputs), density: computeDensity(inputs) };
  }

  /** Training begins with random weights, prediction has those of the shipped model. */
  #writeWeights({ name, kind, network }: Workload): string {
    if (kind === 'train') return this.#writeFolder(name, layerFiles(network, this.#initial(network)));
    const file = readFileSync(SHIPPED_MODEL);
    const { parameters } = parseModel(file, SHIPPED_MODEL);
    const onnx = onnxModel({ ...network, ...parameters });
    const models = { 'model.safetensors': file, 'model.onnx': onnx };
    return this.#writeFolder(name, { ...layerFiles(network, parameters), ...models });
  }

  #initial(network: Network): Parameters {
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

function inputKind(inputs: Samples['inputs']): Written['inputs'] {
  return inputs instanceof Uint8Array ? 'bytes' : 'floats';
}

function computeDensity(inputs: Samples['inputs']): number {
  let nonZero = 0;
  for (const value of inputs) if (value !== 0) nonZero++;
  return nonZero / inputs.length;
}

function layerFiles({ layers }: Network, { weights, biases }: Parameters): Record<string, Float32Array> {
  const files: Record<string, Float32Array> = {};
  for (const [l, weight] of weights.entries()) {
    const [inputs = 0, outputs = 0] = layers.slice(l);
    files[`w${l + 1}`] = weight.map((_, k) => weight[(k % outputs) * inputs + Math.floor(k / outputs)] ?? 0);
    files[`b${l + 1}`] = biases[l] ?? new Float32Array(outputs);
  }
  return files;
}

async function loadSets(name: DataName, quick: boolean): Promise<Sets> {
  if (name === 'digits') return quick ? generatedDigits() : loadMnist();
  const { samples, columns, classes } = {
    dense: { samples: 6400, columns: 784, classes: 10 },
    pairs: { samples: 512_000, columns: 2, classes: 2 },
    octets: { samples: 512_000, columns: 8, classes: 3 },
  }[name];
  return { training: linearSamples(quick ? quickSamples(name) : samples, columns, classes) };
}

function generatedDigits(): Sets {
  const training = digitsDataset({ samples: QUICK.samples, seed: SEED });
  return { training, test: digitsDataset({ samples: QUICK.test, seed: SEED, part: 1 }) };
}

/** Numbers between -1 and 1, none of them zero; the label is the greatest of fixed random sums of them. */
function linearSamples(samples: number, columns: number, classes: number): Samples {
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
