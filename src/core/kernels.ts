/// <reference path="./webassembly.d.ts" preserve="true" />
/** The binding: the one file that sees the exports of kernels.wasm. */
import { instantiateSync } from '@assemblyscript/loader';
import type { instantiate as compiled } from '../../build/kernels.js';
import { Allocator } from './allocator.ts';
import { describeValue, EdgeMlpError } from './errors.ts';
import { printAsJson } from './inspect.ts';

/** The exports, with the types that the compiler wrote. */
export type KernelExports = Awaited<ReturnType<typeof compiled>>;

/** The exports that kernels.threads.wasm adds (assembly/team-train.ts). */
export interface TeamExports extends KernelExports {
  trainStepsTogether(team: number, trainer: number, network: number, samples: number, steps: number): number;
  serve(team: number, member: number): void;
  dismiss(team: number): void;
}

/** The memory that threads share, and their number. */
export interface TeamOptions {
  readonly memory: WebAssembly.Memory;
  readonly members: number;
}

/** Names of the exported constants: field offsets, codes. */
type ConstantName = {
  [Name in keyof KernelExports]: KernelExports[Name] extends { get value(): number } ? Name : never;
}[keyof KernelExports];

/** Bytes of a Team record of assembly/team.ts, with room to spare. Its first field is the number of members. */
const TEAM_BYTES = 128;

interface WholeMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly floats: Float32Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
}

/**
 * One instance of the kernels and its memory, which networks and data sets share. Each allocates memory when it is
 * created and frees it on dispose.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
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
   * With a team, for kernels.threads.wasm: this thread leads, and the other members serve the record at `teamAddress`.
   * @internal Use `loadKernels`.
   */
  constructor(module: WebAssembly.Module, team?: TeamOptions) {
    printAsJson(this, 'Kernels');
    this.call = instantiate(module, team?.memory);
    this.#allocator = new Allocator(team?.memory ?? this.call.memory, this.call.heapBase());
    if (team === undefined) return;
    const call = this.call as TeamExports;
    this.#team = { call, address: this.allocate(TEAM_BYTES), members: team.members };
    this.record(this.#team.address).setUint32(0, team.members, true);
  }

  /** Number of threads that take the steps of a batch together; 1 without a team. */
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
   * `trainSteps` of assembly/train.ts, by the whole team if there is one. The network must have memory for training
   * with more than one row.
   * @internal
   */
  trainBatches(trainer: number, network: number, samples: number, steps: number): number {
    // A call of 0 steps would end the team.
    if (this.#team === undefined || steps === 0) return this.call.trainSteps(trainer, network, samples, steps);
    return this.#team.call.trainStepsTogether(this.#team.address, trainer, network, samples, steps);
  }

  /**
   * Ends the other threads of the team. From then on this thread computes without them.
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

  /** Bytes of linear memory. It never shrinks. */
  get memoryBytes(): number {
    return this.call.memory.buffer.byteLength;
  }

  /** Bytes in use by networks and data sets. */
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
   * `allocate`, as an object with a method that frees the block.
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
   * Ensures that `bytes` can be allocated later without growing the memory. Throws `out-of-memory`.
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
   * The whole memory as bytes, floats and words, for calls so short that creating a view would cost time. Do not keep
   * it: a view is detached when memory grows.
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
   * A view from the start of a record of assembly/records.ts.
   * @internal
   */
  record(address: number): DataView<ArrayBuffer> {
    return new DataView(this.#buffer, address);
  }

  /**
   * A 32-bit field of a record; `name` is the name of its offset. Linear memory is little-endian everywhere.
   * @internal
   */
  field(address: number, name: ConstantName): number {
    return this.record(address).getUint32(this.constant(name), true);
  }

  /** @internal */
  setField(address: number, name: ConstantName, value: number): void {
    this.record(address).setUint32(this.constant(name), value, true);
  }

  /** The public state, for `JSON.stringify` and for `console.log` in Node, Bun and Deno. */
  toJSON(): { threads: number; memoryBytes: number; allocatedBytes: number } {
    const { threads, memoryBytes, allocatedBytes } = this;
    return { threads, memoryBytes, allocatedBytes };
  }

  get #buffer(): ArrayBuffer {
    // A team has a SharedArrayBuffer, which allows the same views and copies.
    return this.call.memory.buffer;
  }
}

/** Throws EdgeMlpError "bad-argument" if `kernels` are not those of this entry, for instance a Promise of them. */
export function checkKernels(kernels: Kernels): void {
  if (kernels instanceof Kernels) return;
  const hint = 'pass `await loadKernels()`, and import loadKernels and Mlp from the same entry';
  throw new EdgeMlpError('bad-argument', `kernels: expected Kernels, got ${describeValue(kernels)}: ${hint}`);
}

/** Instantiates the kernels, with their own memory or a shared one. */
export function instantiate(module: WebAssembly.Module, memory?: WebAssembly.Memory): KernelExports {
  const imports = memory === undefined ? {} : { env: { memory } };
  // The loader's `exports` are wrapped for managed objects. We have none, and call the instance's exports.
  return instantiateSync(module, imports).instance.exports as unknown as KernelExports;
}
