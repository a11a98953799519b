/** Results of PyTorch in float64: one network and one batch in each file of test/fixtures/golden. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Matrix, ReferenceMlp, Vector } from '../../src/reference/index.ts';

interface State {
  readonly weights: readonly Matrix[];
  readonly biases: readonly Vector[];
  readonly loss: number;
}

export interface Golden extends ReferenceMlp {
  readonly name: string;
  readonly layers: readonly number[];
  readonly hiddenActivation: ReferenceMlp['hiddenActivation'];
  readonly x: Matrix;
  readonly labels: Vector;
  readonly logits: Matrix;
  readonly probabilities: Matrix;
  readonly loss: number;
  readonly gradWeights: readonly Matrix[];
  readonly gradBiases: readonly Vector[];
  readonly learningRate: number;
  readonly after1Steps: State;
  readonly after10Steps: State;
}

const FOLDER = new URL('../fixtures/golden/', import.meta.url);

export const GOLDEN: readonly Golden[] = readdirSync(FOLDER)
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
