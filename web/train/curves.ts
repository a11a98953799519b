/** A job's two charts, and the table that says the same in figures. */
import type { EpochMetrics } from '../../src/client/index.ts';
import { element, made } from '../dom.ts';
import { percent } from '../words.ts';
import { Chart } from './chart.ts';
import { Curve, type Measure } from './curve.ts';

const FORMATS: Readonly<Record<Measure, (value: number) => string>> = {
  loss: (value) => value.toFixed(4),
  accuracy: percent,
};
/** Of an axis: as many digits as its ticks need, and no more. */
const TICKS: Readonly<Record<Measure, (value: number) => string>> = {
  loss: (value) => String(Number(value.toPrecision(3))),
  accuracy: (value) => (value > 1 ? '' : `${Number((100 * value).toPrecision(4))} %`),
};

export class Curves {
  readonly #host = element('panel-curves', HTMLElement);
  readonly #rows = element('panel-epochs', HTMLTableSectionElement);
  readonly #logarithmic = element('loss-log', HTMLInputElement);
  #curve = new Curve();
  #charts: Partial<Record<Measure, Chart>> = {};

  constructor() {
    // By keyboard, too, it can be scrolled.
    element('panel-table', HTMLElement).tabIndex = 0;
    this.#logarithmic.addEventListener('change', () => {
      this.#chart('loss');
      this.#showMeasure('loss');
    });
  }

  /** Begins anew, for another job. */
  reset(): void {
    for (const chart of Object.values(this.#charts)) chart.dispose();
    this.#charts = {};
    this.#curve = new Curve();
    this.#rows.replaceChildren();
    this.#host.hidden = true;
  }

  get curve(): Curve {
    return this.#curve;
  }

  /** Draws what the curve has by now. */
  show(): void {
    const known = this.#curve.epochs;
    if (this.#host.hidden) {
      this.#host.hidden = false;
      this.#chart('loss');
      this.#chart('accuracy');
    }
    this.#showMeasure('loss');
    this.#showMeasure('accuracy');
    for (const metrics of known.slice(this.#rows.childElementCount)) this.#rows.prepend(toRow(metrics));
  }

  #showMeasure(measure: Measure): void {
    this.#charts[measure]?.show(this.#curve.columns(measure));
    const { training, validation } = this.#curve.latest(measure);
    element(`${measure}-training`, HTMLElement).textContent = written(training, measure);
    element(`${measure}-validation`, HTMLElement).textContent = written(validation, measure);
  }

  #chart(measure: Measure): void {
    this.#charts[measure]?.dispose();
    this.#charts[measure] = new Chart(element(`${measure}-chart`, HTMLElement), {
      label: `${measure === 'loss' ? 'Loss' : 'Accuracy'} over the epochs; the table below has the figures`,
      logarithmic: measure === 'loss' && this.#logarithmic.checked,
      format: TICKS[measure],
    });
  }
}

function toRow({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy }: EpochMetrics) {
  const heading = Object.assign(made('th', String(epoch)), { scope: 'row' });
  return made(
    'tr',
    heading,
    made('td', written(trainLoss, 'loss')),
    made('td', written(trainAccuracy, 'accuracy')),
    made('td', written(validationLoss, 'loss')),
    made('td', written(validationAccuracy, 'accuracy')),
  );
}

function written(value: number | null, measure: Measure): string {
  return value === null ? '–' : FORMATS[measure](value);
}
