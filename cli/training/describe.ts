/** The lines that `train` prints before the first epoch. */
import { sampleCount } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { parameterCount } from '../../src/core/spec.ts';
import type { Schedule } from '../../src/core/training-options.ts';
import { formatCount, integer } from '../numbers.ts';
import { note } from '../terminal.ts';
import type { Plan, RunOptions } from './plan.ts';

export function describePlan(plan: Plan, mlp: Mlp, requestedThreads = 1): void {
  const { run, training, validation, test, from, resume } = plan;
  const { layers, hiddenActivation } = mlp.spec;
  const parts = [
    `${integer(sampleCount(training))} training samples`,
    ...(validation === undefined ? [] : [`${integer(sampleCount(validation))} validation samples`]),
    ...(test === undefined ? [] : [`${integer(sampleCount(test))} test samples`]),
  ];
  note(`network  ${layers.join('-')} ${hiddenActivation}, ${integer(parameterCount(layers))} parameters`);
  note(`data     ${training.name}: ${parts.join(', ')}`);
  note(`options  ${listOptions(run).join(', ')}`);
  const { threads } = mlp.kernels;
  if (threads > 1) note(`threads  ${threads}, sharing every batch`);
  else if (requestedThreads > 1) note('threads  1: more threads would not be faster with this batch size and network');
  if (from !== undefined) note(`from     weights with SHA-256 ${from.slice(0, 12)}…`);
  if (resume !== undefined) note(`resumed  after ${integer(resume.checkpoint.step)} steps`);
  note();
}

function listOptions(run: RunOptions): string[] {
  const warmup = run.warmupEpochs > 0 ? `, ${formatCount(run.warmupEpochs, 'epoch')} of warm-up` : '';
  return [
    `learning rate ${run.learningRate}${scheduleText(run.schedule)}${warmup}`,
    `batch size ${run.batchSize}`,
    ...(run.momentum > 0 ? [`${run.nesterov ? 'Nesterov ' : ''}momentum ${run.momentum}`] : []),
    ...(run.weightDecay > 0 ? [`weight decay ${run.weightDecay}`] : []),
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
