import { describe, expect, it } from 'vitest';
import { formatRun, parseRun, type SucceededRun } from '../../src/format/run-file.ts';
import { formatSafetensors, parseSafetensors } from '../../src/format/safetensors.ts';
import { expectRefusal } from '../support/errors.ts';

const EPOCH = { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, validationLoss: null, validationAccuracy: null };
const RUN: SucceededRun = {
  status: 'succeeded',
  epochs: [{ ...EPOCH, seconds: 2, trainEndLoss: 0.5, trainEndAccuracy: 1 }],
  validation: null,
  test: {
    samples: 2,
    loss: 0.5,
    accuracy: 1,
    confusion: [
      [1, 0],
      [0, 1],
    ],
    classes: [],
  },
  steps: { steps: 5, stride: 2, loss: Float32Array.of(3, 2, 1), accuracy: Float32Array.of(0, 0.5, 1) },
  parameters: {
    weights: [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8, 9)],
    biases: [Float32Array.of(1, 2, 3), Float32Array.of(4)],
  },
};
const bytes = formatRun(RUN, 'the run', 'abc');

describe('a run file', () => {
  it('is read back unchanged', () => {
    expect(parseRun(bytes, 'r', 'the run')).toEqual(RUN);
    const failed = { status: 'failed', code: 'diverged', reason: 'too fast' } as const;
    expect(parseRun(formatRun(failed, 'the run', 'abc'), 'r', 'the run')).toEqual(failed);
  });

  it('is a safetensors file: shapes (out, in), and the digest first', () => {
    const { tensors, metadata } = parseSafetensors(bytes, 'r');
    expect([...tensors].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['layers.0.weight', 3, 2],
      ['layers.0.bias', 3],
      ['layers.1.weight', 1, 3],
      ['layers.1.bias', 1],
      ['steps.loss', 3],
      ['steps.accuracy', 3],
    ]);
    expect(Object.keys(metadata)).toEqual(['sha256', 'format', 'identity', 'outcome']);
    expect(metadata).toMatchObject({ sha256: 'abc', format: 'edge-mlp run', identity: 'the run' });
    expect(JSON.parse(metadata.outcome ?? '')).toMatchObject({ recorded: { steps: 5, stride: 2 } });
    expect(metadata.outcome).not.toContain('parameters');
  });

  it('of another run, or without a tensor, is refused', () => {
    const other = `${'x'.repeat(60)}yz`;
    const message = `r: expected the run ${'x'.repeat(60)} …, got another run`;
    expectRefusal(() => parseRun(bytes, 'r', other), 'bad-model', message);
    const { tensors, metadata } = parseSafetensors(bytes, 'r');
    for (const missing of ['steps.loss', 'steps.accuracy', 'layers.1.bias']) {
      const rest = new Map([...tensors].filter(([name]) => name !== missing));
      const cut = formatSafetensors({ tensors: rest, metadata });
      expectRefusal(() => parseRun(cut, 'r', 'the run'), 'bad-model', `r: expected a tensor ${missing}, got none`);
    }
  });
});
