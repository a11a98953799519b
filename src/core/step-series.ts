/** Measures of the steps of a run. */

/** Measures of each step, in order. */
export interface StepMeasures {
  /** `[steps]`, mean loss of the samples of a step before its update; cross-entropy is in nats. */
  readonly loss: Float32Array;
  /** `[steps]`, fraction of the samples of a step that were classified correctly; NaN for regression. */
  readonly accuracy: Float32Array;
}

/** Means over `stride` consecutive steps each; the last element covers the remaining steps. */
export interface StepSeries extends StepMeasures {
  readonly steps: number;
  /** 1, 2 or 5 times a power of ten, so that intervals in charts are multiples of it. */
  readonly stride: number;
}

/** A chart shows some hundreds. All steps of 300 epochs over MNIST would take 144 MB. */
const MOST_ELEMENTS = 1_000_000;

/** Reduces the measures of steps to a series while a run takes them. */
export class StepRecorder {
  readonly #series: StepSeries;
  #taken = 0;
  #lossSum = 0;
  #accuracySum = 0;

  /** `steps`: the steps that the run plans. */
  constructor(steps: number) {
    const stride = recordingStride(steps);
    const elements = Math.ceil(steps / stride);
    this.#series = { steps, stride, loss: new Float32Array(elements), accuracy: new Float32Array(elements) };
  }

  add({ loss, accuracy }: StepMeasures): void {
    loss.forEach((value, step) => {
      this.#addStep(value, accuracy[step] ?? Number.NaN);
    });
  }

  #addStep(loss: number, accuracy: number): void {
    const { steps, stride, loss: losses, accuracy: accuracies } = this.#series;
    this.#lossSum += loss;
    this.#accuracySum += accuracy;
    this.#taken += 1;
    if (this.#taken % stride !== 0 && this.#taken !== steps) return;
    const element = Math.ceil(this.#taken / stride) - 1;
    const size = this.#taken - element * stride;
    losses[element] = this.#lossSum / size;
    accuracies[element] = this.#accuracySum / size;
    this.#lossSum = 0;
    this.#accuracySum = 0;
  }

  /** The steps that were taken. With patience they may be fewer than planned. */
  get series(): StepSeries {
    const { steps, stride, loss, accuracy } = this.#series;
    if (this.#taken === steps) return this.#series;
    const whole = Math.floor(this.#taken / stride);
    const size = this.#taken - whole * stride;
    const ended = (values: Float32Array, sum: number) => {
      const kept = values.slice(0, Math.ceil(this.#taken / stride));
      if (size > 0) kept[whole] = sum / size;
      return kept;
    };
    return {
      steps: this.#taken,
      stride,
      loss: ended(loss, this.#lossSum),
      accuracy: ended(accuracy, this.#accuracySum),
    };
  }
}

/** The series of complete measures. */
export function createSeries(measures: StepMeasures): StepSeries {
  const recorder = new StepRecorder(measures.loss.length);
  recorder.add(measures);
  return recorder.series;
}

/** The smallest of 1, 2 and 5 times a power of ten that reduces the steps to at most a million elements. */
export function recordingStride(steps: number): number {
  let stride = 1;
  while (Math.ceil(steps / stride) > MOST_ELEMENTS) stride *= String(stride).startsWith('2') ? 2.5 : 2;
  return stride;
}

/** Means over `size` consecutive steps each, a multiple of the stride; the last mean covers the remaining steps. */
export function stretchMeans(
  { steps, stride, ...measures }: StepSeries,
  measure: 'loss' | 'accuracy',
  size: number,
): number[] {
  const values = measures[measure];
  return Array.from({ length: Math.ceil(steps / size) }, (_, i) => {
    const end = Math.min(steps, (i + 1) * size);
    let sum = 0;
    for (let first = i * size; first < end; first += stride) {
      sum += (values[first / stride] ?? Number.NaN) * Math.min(stride, end - first);
    }
    return sum / (end - i * size);
  });
}

/** Steps over `samples` samples. The last step may have fewer samples than the others. */
export function countSteps(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}
