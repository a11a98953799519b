/** Linear memory: bounded, and given back. */
import { describe, expect, it } from 'vitest';
import { evaluate, Mlp, splitTail, train } from '../../src/index.ts';
import { loadBuild } from '../support/kernels.ts';
import { digits, run, small } from '../support/training.ts';

describe('memory', () => {
  it('does not grow while training', () => {
    const kernels = loadBuild();
    const mlp = Mlp.create(kernels, small);
    const { training, validation } = splitTail(digits, 300);
    let size: number | undefined;
    for (const _ of train(mlp, training, { epochs: 20, validation, batchSize: 3, momentum: 0.9 })) {
      size ??= kernels.memoryBytes;
      expect(kernels.memoryBytes).toBe(size);
    }
  });

  it('bounds the memory of rows: a network with many inputs takes little more than its weights', () => {
    const kernels = loadBuild();
    const inputs = 500_000;
    const mlp = Mlp.create(kernels, { layers: [inputs, 2] });
    // Two columns are padded to four; the entries of one row take 8 bytes for each input.
    expect(kernels.allocatedBytes).toBeLessThan(inputs * (4 * 4 + 8) + 2 ** 20);
    mlp.dispose();
  });

  it('is freed after training, after an error and after 3,000 networks', () => {
    const kernels = loadBuild();
    for (let i = 0; i < 3000; i++) {
      const mlp = Mlp.create(kernels, { layers: [50, 20, 5], seed: i });
      mlp.predict(new Float32Array(50));
      mlp.dispose();
    }
    const mlp = Mlp.create(kernels, small);
    run(mlp, digits, { epochs: 1 });
    expect(() => run(mlp, digits, { learningRate: 1e6 })).toThrow('diverged');
    expect(() => run(mlp, { ...digits, columns: 3 }, {})).toThrow('inputs');
    mlp.gradients(digits.inputs.subarray(0, 784), [1]);
    mlp.dispose();
    expect(kernels.allocatedBytes).toBe(0);
    expect(kernels.memoryBytes).toBeLessThan(4 * 2 ** 20);
  });

  it('is freed wherever an allocation fails', () => {
    const kernels = loadBuild();
    const mlp = Mlp.create(kernels, small);
    const before = kernels.allocatedBytes;
    const allocate = kernels.allocate.bind(kernels);
    const uses = [
      () => Mlp.create(kernels, small),
      () => mlp.gradients(digits.inputs.subarray(0, 784), [1]),
      () => mlp.predictBatch(digits.inputs.subarray(0, 7840)),
      () => evaluate(mlp, digits),
      () => mlp.parameters(),
      () => run(mlp, digits, { momentum: 0.9 }),
    ];
    for (const use of uses) {
      let failures = 0;
      for (let nth = 1; nth <= 3; nth++) {
        let calls = 0;
        kernels.allocate = (bytes) => {
          calls++;
          if (calls === nth) throw new Error('no memory');
          return allocate(bytes);
        };
        try {
          use();
        } catch (error) {
          failures++;
          expect(String(error)).toContain('no memory');
          expect(kernels.allocatedBytes, `${use}, allocation ${nth}`).toBe(before);
        }
      }
      expect(failures).toBeGreaterThan(0);
    }
  });

  it('holds MNIST as bytes in at most 50 MB', () => {
    const kernels = loadBuild();
    const mnistSized = {
      ...digits,
      inputs: new Uint8Array(60_000 * 784).fill(1, 0, 784),
      labels: new Uint16Array(60_000),
    };
    const mlp = Mlp.create(kernels, small);
    const steps = train(mlp, mnistSized, { stepsPerSlice: 10 });
    steps.next();
    expect(kernels.allocatedBytes).toBeLessThan(50e6);
    steps.return({ epochs: [], steps: 0 });
  });
});
