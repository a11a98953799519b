/** What was measured at the steps of a run. */

/** At every step, in their order. */
export interface StepMeasures {
  /** Mean loss of the step's samples, in formatNats, before its update: the objective. */
  readonly loss: Float32Array;
  /** Share of the step's samples that were classified correctly. */
  readonly accuracy: Float32Array;
}

/** The same, of long runs in means: each element is that of `stride` steps, the last of as many as there were left. */
export interface StepSeries extends StepMeasures {
  readonly steps: number;
  /** 1, 2 or 5 times a power of ten, so that whatever is drawn of a run is made of whole strides. */
  readonly stride: number;
}

/** A curve has some hundreds; a run of three hundred epochs over MNIST would take 144 MB if all of its steps were kept. */
const MOST_ELEMENTS = 1_000_000;

/** Takes steps as they come. */
export class StepRecorder {
  readonly #series: StepSeries;
  #taken = 0;
  #lossSum = 0;
  #accuracySum = 0;

  /** For a run of so many steps. */
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

  /** Of the steps that were taken: with patience they may be fewer than were planned. */
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

/** A series of steps that are all there. */
export function createSeries(measures: StepMeasures): StepSeries {
  const recorder = new StepRecorder(measures.loss.length);
  recorder.add(measures);
  return recorder.series;
}

/** The least of 1, 2 and 5 times a power of ten that makes at most a million elements of the steps. */
export function recordingStride(steps: number): number {
  let stride = 1;
  while (Math.ceil(steps / stride) > MOST_ELEMENTS) stride *= String(stride).startsWith('2') ? 2.5 : 2;
  return stride;
}

/**
 * Mean of every `size` steps, which must be a multiple of the series' stride, one stretch after the other; what is left over at
 * the end is a stretch of its own.
 */
export function stretchMeans(
  { steps, stride, ...measures }: StepSeries,
  of: 'loss' | 'accuracy',
  size: number,
): number[] {
  const values = measures[of];
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
