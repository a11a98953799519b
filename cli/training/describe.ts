/** The lines that `train` prints before the first epoch. */
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { formatOptimizer } from '../../src/core/optimizers.ts';
import { formatActivation, parameterCount } from '../../src/core/spec.ts';
import type { Schedule } from '../../src/core/training-options.ts';
import { isBuiltIn } from '../data/source.ts';
import { describeSummary } from '../data/summary.ts';
import { formatCount, integer } from '../numbers.ts';
import { note } from '../terminal.ts';
import type { Plan, RunOptions } from './plan.ts';
import type { RunData } from './run-spec.ts';

export function describePlan(plan: Plan, mlp: Mlp, requestedThreads = 1): void {
  const { run, training, summary, from, resume } = plan;
  if (!isBuiltIn(training.name)) note(...describeSummary(summary));
  const { layers, hiddenActivation } = mlp.spec;
  note(
    `network  ${layers.join('-')} ${formatActivation(hiddenActivation)}, ${integer(parameterCount(layers))} parameters`,
  );
  note(`data     ${training.name}: ${describeParts(plan)}`);
  note(`options  ${listOptions(run).join(', ')}`);
  const { threads } = mlp.kernels;
  if (threads > 1) note(`threads  ${threads}, sharing every batch`);
  else if (requestedThreads > 1) note('threads  1: more threads would not be faster with this batch size and network');
  if (from !== undefined) note(`from     weights with SHA-256 ${from.slice(0, 12)}…`);
  if (resume !== undefined) note(`resumed  after ${integer(resume.checkpoint.step)} steps`);
  note('');
}

/** `5,000 training samples, 500 validation samples`. */
export function describeParts({ training, validation, test }: RunData): string {
  const counts = Object.entries(countParts({ training, validation, test }));
  return counts.flatMap(([name, count]) => (count === null ? [] : `${integer(count)} ${name} samples`)).join(', ');
}

/** Samples of each part; null for a part that does not exist. */
export function countParts({ training, validation, test }: RunData) {
  const count = (dataset: Dataset | undefined) => (dataset === undefined ? null : sampleCount(dataset));
  return { training: count(training), validation: count(validation), test: count(test) };
}

function listOptions(run: RunOptions): string[] {
  const warmup = run.warmupEpochs > 0 ? `, ${formatCount(run.warmupEpochs, 'epoch')} of warm-up` : '';
  return [
    ...(run.optimizer.kind === 'sgd' ? [] : [formatOptimizer(run.optimizer)]),
    formatCount(run.epochs, 'epoch'),
    `learning rate ${run.learningRate}${scheduleText(run.schedule)}${warmup}`,
    `batch size ${run.batchSize}`,
    ...(run.momentum > 0 ? [`${run.nesterov ? 'Nesterov ' : ''}momentum ${run.momentum}`] : []),
    ...(run.weightDecay > 0 ? [`weight decay ${run.weightDecay}`] : []),
    ...(run.dropout > 0 ? [`dropout ${run.dropout}`] : []),
    ...(run.clipNorm > 0 ? [`gradients of norm ${run.clipNorm} at most`] : []),
    ...(run.augment.kind === 'none' ? [] : [`${run.augment.kind} augmentation`]),
    ...(run.averageEpochs > 0 ? [`mean weights of the last ${formatCount(run.averageEpochs, 'epoch')}`] : []),
    ...(run.patience > 0 ? [`early stopping after ${formatCount(run.patience, 'epoch')}`] : []),
    `seed ${run.seed}`,
  ];
}

function scheduleText(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'constant':
      return '';
    case 'step':
      return ` × ${schedule.gamma} every ${formatCount(schedule.every, 'epoch')}`;
    case 'exponential':
      return ` × ${schedule.gamma} every epoch`;
    case 'cosine':
      return ' with cosine schedule';
  }
}
