/**
 * Learning-rate schedules, with one step per epoch as in PyTorch: StepLR, CosineAnnealingLR, ExponentialLR, and
 * LinearLR for the warm-up. Only + - * / are used, whose rounding IEEE 754 defines, so that every runtime trains with
 * the same bits.
 */
import type { TrainingOptions } from './training-options.ts';

/** The learning rate of epoch `epoch`, from 0. */
export function learningRateAt(options: TrainingOptions, epoch: number): number {
  const { learningRate, warmupEpochs } = options;
  if (epoch < warmupEpochs) return (learningRate * (epoch + 1)) / (warmupEpochs + 1);
  return learningRate * factorAt(options, epoch - warmupEpochs);
}

/** Whether the learning rate of an epoch depends on the number of epochs of the run. */
export function dependsOnEpochs({ schedule }: Pick<TrainingOptions, 'schedule'>): boolean {
  return schedule.kind === 'cosine';
}

function factorAt({ schedule, epochs, warmupEpochs }: TrainingOptions, epoch: number): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step':
      return power(schedule.gamma, Math.floor(epoch / schedule.every));
    case 'exponential':
      return power(schedule.gamma, epoch);
    case 'cosine':
      return (1 + cosine(epoch / (epochs - warmupEpochs))) / 2;
  }
}

/** Engines may round `Math.pow` differently. Small powers end at 0 or at a denormal number, which stays the same. */
export function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) {
    const next = result * base;
    if (next === result) break;
    result = next;
  }
  return result;
}

/** cos(π x) for x from 0 to 1, with an error below 1e-15: the Taylor series of sin(π (0.5 - x)). */
function cosine(x: number): number {
  const angle = Math.PI * (0.5 - x);
  let term = angle;
  let sum = angle;
  for (let n = 1; n <= 10; n++) {
    term *= -(angle * angle) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}
