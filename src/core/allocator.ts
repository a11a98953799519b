import { EdgeMlpError, formatNumber } from './errors.ts';

const PAGE_BYTES = 65_536;
/** Two cache lines: a row of a full weight tile starts at one. */
const ALIGNMENT_BYTES = 128;
/** 32-bit addresses. */
const MAX_BYTES = 2 ** 32;

interface Block {
  address: number;
  bytes: number;
}

/**
 * First-fit allocator of linear memory that joins free neighbours, for few, large, long-lived blocks: networks and data
 * sets. Memory grows only here, never while a kernel runs.
 */
export class Allocator {
  readonly #memory: WebAssembly.Memory;
  /** Free blocks in the order of their addresses. */
  #free: Block[] = [];
  readonly #used = new Map<number, number>();
  #end: number;

  constructor(memory: WebAssembly.Memory, start: number) {
    this.#memory = memory;
    this.#end = align(start);
  }

  get allocatedBytes(): number {
    let total = 0;
    for (const bytes of this.#used.values()) total += bytes;
    return total;
  }

  allocate(bytes: number): number {
    const wanted = Math.max(align(bytes), ALIGNMENT_BYTES);
    const index = this.#free.findIndex((block) => block.bytes >= wanted);
    const block = this.#free[index];
    if (block === undefined) return this.#extend(wanted);
    const { address } = block;
    if (block.bytes === wanted) this.#free.splice(index, 1);
    else this.#free[index] = { address: address + wanted, bytes: block.bytes - wanted };
    this.#used.set(address, wanted);
    return address;
  }

  free(address: number): void {
    const bytes = this.#used.get(address);
    if (bytes === undefined) throw new EdgeMlpError('bad-argument', `free: no block at address ${address}`);
    this.#used.delete(address);
    const next = this.#free.findIndex((block) => block.address > address);
    this.#free.splice(next < 0 ? this.#free.length : next, 0, { address, bytes });
    this.#free = joinNeighbours(this.#free);
    const last = this.#free.at(-1);
    if (last !== undefined && last.address + last.bytes === this.#end) {
      this.#end = last.address;
      this.#free.pop();
    }
  }

  #extend(bytes: number): number {
    const address = this.#end;
    const end = address + bytes;
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#grow(missing, bytes, end);
    this.#end = end;
    this.#used.set(address, bytes);
    return address;
  }

  #grow(missing: number, bytes: number, end: number): void {
    if (end > MAX_BYTES) throw this.#outOfMemory(bytes, 'WebAssembly memory ends at 4 GiB');
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw this.#outOfMemory(bytes, 'the runtime refused to grow the memory', cause);
    }
  }

  #outOfMemory(bytes: number, reason: string, cause?: unknown): EdgeMlpError {
    const message = `memory: ${formatNumber(bytes)} bytes more are needed, ${formatNumber(this.allocatedBytes)} are in use, and ${reason}`;
    return new EdgeMlpError('out-of-memory', message, { cause });
  }
}

/** The next multiple of the alignment. */
export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

function joinNeighbours(blocks: readonly Block[]): Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last !== undefined && last.address + last.bytes === block.address) last.bytes += block.bytes;
    else joined.push({ ...block });
  }
  return joined;
}
