/// <reference path="./webassembly.d.ts" preserve="true" />
/** The binding: the one file that sees the exports of kernels.wasm. */
import { instantiateSync } from '@assemblyscript/loader';
import type { instantiate as compiled } from '../../build/kernels.js';
import { Allocator } from './allocator.ts';

/** The exports, with the types that the compiler wrote. */
export type KernelExports = Awaited<ReturnType<typeof compiled>>;

/** What kernels.threads.wasm exports besides (assembly/team-train.ts). */
export interface TeamExports extends KernelExports {
  trainStepsTogether(team: number, trainer: number, network: number, samples: number, steps: number): number;
  serve(team: number, member: number): void;
  dismiss(team: number): void;
}

/** A memory that threads share, and how many of them there are. */
export interface TeamOptions {
  readonly memory: WebAssembly.Memory;
  readonly members: number;
}

/** The names of the exported constants: field offsets, record sizes, closed choices. */
type ConstantName = {
  [Name in keyof KernelExports]: KernelExports[Name] extends { get value(): number } ? Name : never;
}[keyof KernelExports];

/** Of the record Team of assembly/team.ts, with room to spare: its first field is the number of members. */
const TEAM_BYTES = 128;

interface WholeMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly floats: Float32Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
}

/**
 * One instance of the kernels and its memory. Networks and data sets live in it side by side; each takes its memory on
 * creation and gives it back on dispose. A view is made where it is used and never kept: it goes stale when memory grows.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { loadKernels } from 'edge-mlp';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const { kernels } = mlp;
 * console.log(kernels.threads, kernels.allocatedBytes > 0); // 1 true
 * mlp.dispose();
 * console.log(kernels.allocatedBytes); // 0
 * ```
 */
export class Kernels {
  /** @internal */
  readonly call: KernelExports;
  readonly #allocator: Allocator;
  #whole: WholeMemory | undefined;
  #team: { readonly call: TeamExports; readonly address: number; readonly members: number } | undefined;

  /**
   * With a team, of kernels.threads.wasm: this thread leads it, and its other members serve the record at `teamAddress`.
   * @internal `loadKernels` of a runtime’s entry makes them.
   */
  constructor(module: WebAssembly.Module, team?: TeamOptions) {
    this.call = instantiate(module, team?.memory);
    this.#allocator = new Allocator(team?.memory ?? this.call.memory, this.call.heapBase());
    if (team === undefined) return;
    const call = this.call as TeamExports;
    this.#team = { call, address: this.allocate(TEAM_BYTES), members: team.members };
    this.record(this.#team.address).setUint32(0, team.members, true);
  }

  /** How many threads take the steps of a batch together; 1 without a team. */
  get threads(): number {
    return this.#team?.members ?? 1;
  }

  /**
   * Address of the team's record; 0 without a team.
   * @internal
   */
  get teamAddress(): number {
    return this.#team?.address ?? 0;
  }

  /**
   * `trainSteps` of assembly/train.ts, by the whole team where there is one. The network must be laid out for training with more
   * than one row.
   * @internal
   */
  trainBatches(trainer: number, network: number, samples: number, steps: number): number {
    // A call of no steps would be the end of the team.
    if (this.#team === undefined || steps === 0) return this.call.trainSteps(trainer, network, samples, steps);
    return this.#team.call.trainStepsTogether(this.#team.address, trainer, network, samples, steps);
  }

  /**
   * Lets the other threads of the team end; from then on this one works alone.
   *
   * @example
   * ```ts
   * import { loadTeam } from 'edge-mlp';
   *
   * const kernels = await loadTeam(2);
   * console.log(kernels.threads); // 2
   * kernels.dismiss();
   * console.log(kernels.threads); // 1
   * ```
   */
  dismiss(): void {
    this.#team?.call.dismiss(this.#team.address);
    this.#team = undefined;
  }

  /** Bytes of linear memory in all; it never shrinks. */
  get memoryBytes(): number {
    return this.call.memory.buffer.byteLength;
  }

  /** Bytes that are in use by networks and data sets. */
  get allocatedBytes(): number {
    return this.#allocator.allocatedBytes;
  }

  /**
   * Address of `bytes` zeroed bytes, aligned to 128. Throws `out-of-memory`.
   * @internal
   */
  allocate(bytes: number): number {
    const address = this.#allocator.allocate(bytes);
    this.bytes(address, bytes).fill(0);
    return address;
  }

  /**
   * `allocate`, as a thing that frees itself.
   * @internal
   */
  block(bytes: number): { readonly address: number; free(): void } {
    const address = this.allocate(bytes);
    return { address, free: () => this.free(address) };
  }

  /** @internal */
  free(address: number): void {
    this.#allocator.free(address);
  }

  /**
   * Makes sure that `bytes` can be allocated later without growth of the memory. Throws `out-of-memory`.
   * @internal
   */
  reserve(bytes: number): void {
    this.#allocator.free(this.#allocator.allocate(bytes));
  }

  /** @internal */
  constant(name: ConstantName): number {
    return this.call[name].value;
  }

  /** @internal */
  floats(address: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer, address, length);
  }

  /** @internal */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, address, length);
  }

  /** @internal */
  shorts(address: number, length: number): Uint16Array<ArrayBuffer> {
    return new Uint16Array(this.#buffer, address, length);
  }

  /** @internal */
  words(address: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer, address, length);
  }

  /**
   * The whole memory in bytes and in floats, for paths so hot that making a view would count. Not to be kept: it goes stale
   * when memory grows.
   * @internal
   */
  get whole(): WholeMemory {
    if (this.#whole?.bytes.buffer !== this.#buffer) {
      this.#whole = {
        bytes: new Uint8Array(this.#buffer),
        floats: new Float32Array(this.#buffer),
        words: new Uint32Array(this.#buffer),
      };
    }
    return this.#whole;
  }

  /**
   * A record of assembly/records.ts: its fields are written and read by the names of their offsets.
   * @internal
   */
  record(address: number): DataView<ArrayBuffer> {
    return new DataView(this.#buffer, address);
  }

  get #buffer(): ArrayBuffer {
    // That of a team is a SharedArrayBuffer, of which views are made and copies are taken in the same way.
    return this.call.memory.buffer;
  }
}

/** An instance of the kernels, with a memory of its own or in one that is shared. */
export function instantiate(module: WebAssembly.Module, memory?: WebAssembly.Memory): KernelExports {
  const imports = memory === undefined ? {} : { env: { memory } };
  // The loader wraps its `exports` for managed objects, of which we have none: the instance's own are called directly.
  return instantiateSync(module, imports).instance.exports as unknown as KernelExports;
}

/** Writes 32-bit fields of a record. Linear memory is little-endian everywhere. */
export function writeFields(kernels: Kernels, address: number, fields: Partial<Record<ConstantName, number>>): void {
  const view = kernels.record(address);
  for (const [name, value] of Object.entries(fields))
    view.setUint32(kernels.constant(name as ConstantName), value, true);
}
