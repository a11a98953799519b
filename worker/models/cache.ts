/** The networks of this isolate: a bounded number of bytes of them, the least recently used out first. */
import kernelsModule from '../../build/kernels.wasm';
import { Kernels } from '../../src/core/kernels.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { createNetwork, type Network } from './network.ts';

export interface CacheLimits {
  readonly networkBytes: number;
  readonly linearMemoryBytes: number;
}

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
    const key = cacheKey(name, version);
    const network = this.#networks.get(key);
    if (network === undefined) return undefined;
    this.#networks.delete(key);
    this.#networks.set(key, network);
    return network;
  }

  /** Takes a model into memory, and others out of it where there is no room. Throws what the library throws. */
  add(name: string, version: number, model: ModelFile): Network {
    const present = this.find(name, version);
    if (present !== undefined) return present;
    this.#makeRoom(parameterBytes(model));
    const network = createNetwork(this.#kernels, name, version, model);
    this.#networks.set(cacheKey(name, version), network);
    this.#bytes += network.bytes;
    return network;
  }

  remove(name: string, version: number): void {
    const network = this.#networks.get(cacheKey(name, version));
    if (network === undefined) return;
    this.#networks.delete(cacheKey(name, version));
    this.#bytes -= network.bytes;
    network.mlp.dispose();
  }

  /** Everything anew: after a trap nothing in linear memory can be trusted. */
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
    // Linear memory never shrinks: what batches and fragments have made of it goes with the instance.
    if (this.#kernels.memoryBytes + bytes > this.#limits.linearMemoryBytes) this.reset();
  }
}

function parameterBytes(model: ModelFile): number {
  const { weights, biases } = model.quantized ?? model.parameters;
  return [...weights, ...biases].reduce((sum, values) => sum + values.byteLength, 0);
}

function cacheKey(name: string, version: number): string {
  return `${name}/${version}`;
}
