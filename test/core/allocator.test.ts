import { describe, expect, it } from 'vitest';
import { Allocator, align } from '../../src/core/allocator.ts';
import { EdgeMlpError } from '../../src/index.ts';

const PAGE = 65_536;

/** The error that a call throws. */
function catchError(call: () => unknown): EdgeMlpError {
  try {
    call();
  } catch (error) {
    if (error instanceof EdgeMlpError) return error;
  }
  throw new Error('expected an EdgeMlpError');
}

describe('the allocator', () => {
  it('aligns to 128 bytes', () => {
    expect([0, 1, 127, 128, 129, 1000].map(align)).toEqual([0, 128, 128, 128, 256, 1024]);
  });

  it('takes whole lines, at least one', () => {
    const allocator = new Allocator(new WebAssembly.Memory({ initial: 1 }), 129);
    expect([0, 1, 129, 5].map((bytes) => allocator.allocate(bytes))).toEqual([256, 384, 512, 768]);
    expect(allocator.allocatedBytes).toBe(128 + 128 + 256 + 128);
  });

  it('grows by the pages that are missing', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const allocator = new Allocator(memory, 0);
    const { buffer } = memory;
    allocator.allocate(PAGE);
    // Growing by nothing would detach every view.
    expect(memory.buffer).toBe(buffer);
    expect(buffer.byteLength).toBe(PAGE);
    allocator.allocate(1);
    expect(memory.buffer.byteLength).toBe(2 * PAGE);
    allocator.allocate(2 * PAGE);
    expect(memory.buffer.byteLength).toBe(4 * PAGE);
  });

  it('takes the first free block that is large enough, and cuts it', () => {
    const allocator = new Allocator(new WebAssembly.Memory({ initial: 1 }), 0);
    const [a = 0, , c = 0] = [128, 128, 384, 128].map((bytes) => allocator.allocate(bytes));
    allocator.free(c);
    allocator.free(a);
    expect(allocator.allocate(256)).toBe(c);
    expect(allocator.allocate(128)).toBe(a);
    expect(allocator.allocate(128)).toBe(c + 256);
    expect(allocator.allocate(128)).toBe(768);
  });

  it('joins free neighbours in any order, and gives back the end', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [0, 2, 1],
      [1, 0, 2],
    ]) {
      const allocator = new Allocator(new WebAssembly.Memory({ initial: 1 }), 0);
      const blocks = [128, 128, 128].map((bytes) => allocator.allocate(bytes));
      const guard = allocator.allocate(128);
      for (const index of order) allocator.free(blocks[index] ?? -1);
      expect(allocator.allocate(384)).toBe(0);
      allocator.free(guard);
      expect(allocator.allocate(512)).toBe(384);
    }
  });

  it('refuses unknown addresses, and what no memory holds', () => {
    const allocator = new Allocator(new WebAssembly.Memory({ initial: 1, maximum: 2 }), 0);
    const address = allocator.allocate(2000);
    allocator.free(address);
    expect(catchError(() => allocator.free(address))).toMatchObject({
      code: 'bad-argument',
      message: 'free: no block at address 0',
    });
    allocator.allocate(1000);
    const refused = catchError(() => allocator.allocate(2 * PAGE));
    expect(refused).toMatchObject({
      code: 'out-of-memory',
      message: 'memory: 131,072 bytes more are needed, 1,024 are in use, and the runtime refused to grow the memory',
    });
    expect(refused.cause).toBeInstanceOf(RangeError);
    const beyond = catchError(() => allocator.allocate(2 ** 32 - 1024 + 1));
    expect(beyond.message).toContain('WebAssembly memory ends at 4 GiB');
    expect(beyond.cause).toBeUndefined();
    // Exactly 4 GiB would be possible: it is this memory that has fewer pages.
    expect(catchError(() => allocator.allocate(2 ** 32 - 1024)).message).toContain('the runtime refused');
    expect(allocator.allocatedBytes).toBe(1024);
    expect(allocator.allocate(PAGE)).toBe(1024);
  });
});
