import { expect, it } from 'vitest';
import type { Dataset } from '../../src/core/dataset.ts';
import { countClasses } from '../../src/data/data-summary.ts';

it('samples with probabilities count for their most probable class', () => {
  const dataset = { name: 'x', inputs: new Uint8Array(3), columns: 1, classes: ['no', 'yes', 'other'] };
  const scaling = { kind: 'bytes' } as const;
  const soft: Dataset = { ...dataset, scaling, labels: Float32Array.of(0.2, 0.8, 0, 0.7, 0.2, 0.1, 0, 1, 0) };
  expect(countClasses(soft)).toEqual({ no: 1, yes: 2, other: 0 });
  expect(countClasses({ ...soft, labels: Uint16Array.of(1, 0, 1) })).toEqual({ no: 1, yes: 2, other: 0 });
});
