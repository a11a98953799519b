/** A job's loss and accuracy charts, and the table with the same numbers. */
import type { EpochMetrics } from '../../src/client/index.ts';
import { createElement, findElement } from '../dom.ts';
import { formatPercent } from '../format.ts';
import { Chart } from './chart.ts';
import { type Measure, TrainingCurve } from './training-curve.ts';

const MEASURES = ['loss', 'accuracy'] as const;
const FORMATS: Readonly<Record<Measure, (value: number) => string>> = {
  loss: (value) => value.toFixed(4),
  accuracy: formatPercent,
};
const TICK_FORMATS: Readonly<Record<Measure, (value: number) => string>> = {
  loss: (value) => String(Number(value.toPrecision(3))),
  accuracy: (value) => (value > 1 ? '' : `${Number((100 * value).toPrecision(4))} %`),
};

export class JobCharts {
  readonly #host = findElement('panel-curves');
  readonly #rows = findElement('panel-epochs');
  readonly #logScale = findElement('loss-log', HTMLInputElement);
  #curve = new TrainingCurve();
  #charts: Partial<Record<Measure, Chart>> = {};

  constructor() {
    // Focusable, so that it can be scrolled by keyboard.
    findElement('panel-table').tabIndex = 0;
    this.#logScale.addEventListener('change', () => {
      this.#createChart('loss');
      this.#showMeasure('loss');
    });
  }

  get curve(): TrainingCurve {
    return this.#curve;
  }

  reset(): void {
    for (const chart of Object.values(this.#charts)) chart.dispose();
    this.#charts = {};
    this.#curve = new TrainingCurve();
    this.#rows.replaceChildren();
    this.#host.hidden = true;
  }

  show(): void {
    const opening = this.#host.hidden;
    this.#host.hidden = false;
    for (const measure of MEASURES) {
      if (opening) this.#createChart(measure);
      this.#showMeasure(measure);
    }
    for (const metrics of this.#curve.epochs.slice(this.#rows.childElementCount))
      this.#rows.prepend(createRow(metrics));
  }

  #showMeasure(measure: Measure): void {
    this.#charts[measure]?.show(this.#curve.columns(measure));
    const { training, validation } = this.#curve.latest(measure);
    findElement(`${measure}-training`).textContent = format(training, measure);
    findElement(`${measure}-validation`).textContent = format(validation, measure);
  }

  #createChart(measure: Measure): void {
    this.#charts[measure]?.dispose();
    this.#charts[measure] = new Chart(findElement(`${measure}-chart`), {
      label: `${measure === 'loss' ? 'Loss' : 'Accuracy'} by epoch; the table below lists the values`,
      logarithmic: measure === 'loss' && this.#logScale.checked,
      format: TICK_FORMATS[measure],
    });
  }
}

function createRow({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy }: EpochMetrics) {
  return createElement(
    'tr',
    Object.assign(createElement('th', String(epoch)), { scope: 'row' }),
    createElement('td', format(trainLoss, 'loss')),
    createElement('td', format(trainAccuracy, 'accuracy')),
    createElement('td', format(validationLoss, 'loss')),
    createElement('td', format(validationAccuracy, 'accuracy')),
  );
}

function format(value: number | null, measure: Measure): string {
  return value === null ? '–' : FORMATS[measure](value);
}
