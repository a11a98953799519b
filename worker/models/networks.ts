/** Networks in memory, and the cache of those that answer predictions. */
import kernelsModule from '../../build/kernels.wasm';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { Kernels } from '../../src/core/kernels.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { createMlp, type ModelFile } from '../../src/format/model-file.ts';
import { LIMITS } from '../limits.ts';

/** A model in memory, ready to answer. */
export interface Network {
  readonly name: string;
  readonly version: number;
  readonly info: ModelInfo;
  readonly mlp: Mlp;
  /** Bytes of linear memory. */
  readonly bytes: number;
}

export function createNetwork(kernels: Kernels, name: string, version: number, model: ModelFile): Network {
  const before = kernels.allocatedBytes;
  const mlp = createMlp(kernels, model);
  return { name, version, info: model.info, mlp, bytes: kernels.allocatedBytes - before };
}

/** Predicts one sample, to refuse models without numeric answers. Throws `bad-model` or `not-finite`. */
export function tryNetwork({ mlp, info }: Network): void {
  const [inputs = 0] = info.spec.layers;
  const sample = info.scaling.kind === 'bytes' ? new Uint8Array(inputs).fill(128) : new Float32Array(inputs);
  if (info.targets !== undefined) {
    if (mlp.predictValues(sample).every(Number.isFinite)) return;
    throw new EdgeMlpError('bad-model', 'the model: expected finite values on a test sample, got NaN or infinity');
  }
  const { probabilities } = mlp.predict(sample);
  const sum = probabilities.reduce((total, p) => total + p, 0);
  if (!(Math.abs(sum - 1) < 1e-3)) {
    const message = `the model: expected probabilities with the sum 1 on a test sample, got ${sum}`;
    throw new EdgeMlpError('bad-model', message);
  }
}

/** Networks within a limit of bytes. The least recently used are evicted. */
export class NetworkCache {
  readonly #limits: CacheLimits;
  /** In the order of their last use. */
  readonly #networks = new Map<string, Network>();
  #kernels = new Kernels(kernelsModule);
  #bytes = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get kernels(): Kernels {
    return this.#kernels;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get networks(): readonly Network[] {
    return [...this.#networks.values()];
  }

  find(name: string, version: number): Network | undefined {
    const key = buildKey(name, version);
    const network = this.#networks.get(key);
    if (network === undefined) return undefined;
    this.#networks.delete(key);
    this.#networks.set(key, network);
    return network;
  }

  /** Loads a model, and evicts others if there is no room. Throws the library's errors. */
  add(name: string, version: number, model: ModelFile): Network {
    const present = this.find(name, version);
    if (present !== undefined) return present;
    this.#makeRoom(countParameterBytes(model));
    const network = createNetwork(this.#kernels, name, version, model);
    this.#networks.set(buildKey(name, version), network);
    this.#bytes += network.bytes;
    return network;
  }

  remove(name: string, version: number): void {
    const network = this.#networks.get(buildKey(name, version));
    if (network === undefined) return;
    this.#networks.delete(buildKey(name, version));
    this.#bytes -= network.bytes;
    network.mlp.dispose();
  }

  /** Starts with a new WebAssembly instance: after a trap, the contents of linear memory are unknown. */
  reset(): void {
    this.#networks.clear();
    this.#bytes = 0;
    this.#kernels = new Kernels(kernelsModule);
  }

  #makeRoom(bytes: number): void {
    for (const { name, version } of this.#networks.values()) {
      if (this.#bytes + bytes <= this.#limits.networkBytes) break;
      this.remove(name, version);
    }
    // Linear memory never shrinks: batches and fragmentation have enlarged it.
    if (this.#kernels.memoryBytes + bytes > this.#limits.linearMemoryBytes) this.reset();
  }
}

interface CacheLimits {
  readonly networkBytes: number;
  readonly linearMemoryBytes: number;
}

/** The cache of this isolate, shared by its requests. */
export const networkCache = new NetworkCache(LIMITS);

function countParameterBytes(model: ModelFile): number {
  const { weights, biases } = model.quantized ?? model.parameters;
  return [...weights, ...biases].reduce((sum, values) => sum + values.byteLength, 0);
}

function buildKey(name: string, version: number): string {
  return `${name}/${version}`;
}
