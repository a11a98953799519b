/**
 * The learning rate of an epoch. It is the same from the epoch's first step to its last, as with PyTorch's schedulers when they
 * are stepped once an epoch: StepLR, CosineAnnealingLR, ExponentialLR, and LinearLR for the warm-up. Nothing but + - * / is
 * used, which IEEE 754 rounds in one way only: every runtime trains with the same bits.
 */
import type { TrainingOptions } from './training-options.ts';

/** Of epoch `epoch`, from 0. */
export function learningRateAt(options: TrainingOptions, epoch: number): number {
  const { learningRate, warmupEpochs } = options;
  if (epoch < warmupEpochs) return (learningRate * (epoch + 1)) / (warmupEpochs + 1);
  return learningRate * factorAt(options, epoch - warmupEpochs);
}

/** Whether another number of epochs would change the learning rate of those before. */
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

/** `Math.pow` may round differently from one engine to the next. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result *= base;
  return result;
}

/** cos(π x) for x from 0 to 1, by the Taylor series of the sine about its middle, to 1e-15. */
function cosine(x: number): number {
  const angle = Math.PI * (0.5 - x);
  let term = angle;
  let sum = angle;
  for (let n = 1; n <= 11; n++) {
    term *= -(angle * angle) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}
