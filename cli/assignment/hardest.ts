/** The test samples with the greatest loss. */
import type { Dataset } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { classCount } from '../../src/core/spec.ts';
import { crossEntropyFromLogits } from '../../src/reference/index.ts';

export interface HardSample {
  readonly sample: number;
  readonly label: number;
  /** Mean cross-entropy over the networks, in nats. */
  readonly loss: number;
  /** The predicted label of each network. */
  readonly predicted: readonly number[];
}

/** The `count` samples with the greatest mean loss over the networks, the hardest first. */
export function hardestSamples(networks: readonly Mlp[], dataset: Dataset, count: number): HardSample[] {
  const { labels, inputs } = dataset;
  const losses = new Float64Array(labels.length);
  const answers = networks.map((mlp) => {
    const classes = classCount(mlp.spec);
    const logits = mlp.logits(inputs);
    return Uint16Array.from(labels, (label, sample) => {
      const row = logits.subarray(sample * classes, (sample + 1) * classes);
      losses[sample] = (losses[sample] ?? 0) + crossEntropyFromLogits([...row], label) / networks.length;
      return row.indexOf(row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY));
    });
  });
  const order = Uint32Array.from(labels, (_, sample) => sample);
  order.sort((a, b) => (losses[b] ?? 0) - (losses[a] ?? 0) || a - b);
  return Array.from(order.subarray(0, count), (sample) => ({
    sample,
    label: labels[sample] ?? 0,
    loss: losses[sample] ?? 0,
    predicted: answers.map((labels) => labels[sample] ?? 0),
  }));
}
