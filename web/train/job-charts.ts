/** A job's charts of loss and score, and the table with the same numbers. */
import type { EpochMetrics } from '../../src/client/index.ts';
import { createElement, findElement } from '../dom.ts';
import { formatPercent } from '../format.ts';
import { Chart } from './chart.ts';
import { type Measure, type Score, TrainingCurve } from './training-curve.ts';

interface MeasureText {
  readonly name: string;
  readonly format: (value: number) => string;
  readonly formatTick: (value: number) => string;
}

const formatThreeDigits = (value: number) => String(Number(value.toPrecision(3)));
const TEXTS: Readonly<Record<Measure, MeasureText>> = {
  loss: { name: 'loss', format: (value) => value.toFixed(4), formatTick: formatThreeDigits },
  accuracy: {
    name: 'accuracy',
    format: formatPercent,
    formatTick: (value) => (value > 1 ? '' : `${Number((100 * value).toPrecision(4))} %`),
  },
  r2: { name: 'R²', format: (value) => value.toFixed(4), formatTick: formatThreeDigits },
};

type Column = readonly [metric: keyof EpochMetrics, measure: Measure];
/** Columns of the table; a regression has no R² of its training steps. */
const COLUMNS: Readonly<
  Record<Score, { readonly training: readonly Column[]; readonly validation: readonly Column[] }>
> = {
  accuracy: {
    training: [
      ['trainLoss', 'loss'],
      ['trainAccuracy', 'accuracy'],
    ],
    validation: [
      ['validationLoss', 'loss'],
      ['validationAccuracy', 'accuracy'],
    ],
  },
  r2: {
    training: [['trainLoss', 'loss']],
    validation: [
      ['validationLoss', 'loss'],
      ['validationR2', 'r2'],
    ],
  },
};

export class JobCharts {
  readonly #host = findElement('panel-curves');
  readonly #head = findElement('panel-head');
  readonly #rows = findElement('panel-epochs');
  readonly #logScale = findElement('loss-log', HTMLInputElement);
  #curve = new TrainingCurve();
  /** The score that the second chart and the table show. */
  #score: Score | undefined;
  #charts: { loss?: Chart; score?: Chart } = {};

  constructor() {
    // Focusable, so that it can be scrolled by keyboard.
    findElement('panel-table').tabIndex = 0;
    this.#logScale.addEventListener('change', () => {
      this.#createChart('loss', 'loss');
      this.#showMeasure('loss', 'loss');
    });
  }

  get curve(): TrainingCurve {
    return this.#curve;
  }

  reset(): void {
    for (const chart of Object.values(this.#charts)) chart.dispose();
    this.#charts = {};
    this.#score = undefined;
    this.#curve = new TrainingCurve();
    this.#host.hidden = true;
  }

  show(): void {
    const { score } = this.#curve;
    this.#host.hidden = false;
    if (score !== this.#score) this.#open(score);
    this.#showMeasure('loss', 'loss');
    this.#showMeasure('score', score);
    for (const metrics of this.#curve.epochs.slice(this.#rows.childElementCount))
      this.#rows.prepend(createRow(metrics, score));
  }

  #open(score: Score): void {
    this.#score = score;
    this.#createChart('loss', 'loss');
    this.#createChart('score', score);
    findElement('score-name').textContent = capitalise(TEXTS[score].name);
    findElement('score-legend').hidden = score === 'r2';
    this.#head.replaceChildren(...createHead(score));
    this.#rows.replaceChildren();
  }

  #showMeasure(place: 'loss' | 'score', measure: Measure): void {
    this.#charts[place]?.show(this.#curve.columns(measure));
    const { training, validation } = this.#curve.latest(measure);
    findElement(`${place}-training`).textContent = format(training, measure);
    findElement(`${place}-validation`).textContent = format(validation, measure);
  }

  #createChart(place: 'loss' | 'score', measure: Measure): void {
    this.#charts[place]?.dispose();
    this.#charts[place] = new Chart(findElement(`${place}-chart`), {
      label: `${capitalise(TEXTS[measure].name)} by epoch; the table below lists the values`,
      logarithmic: measure === 'loss' && this.#logScale.checked,
      format: TEXTS[measure].formatTick,
    });
  }
}

function createHead(score: Score): HTMLElement[] {
  const { training, validation } = COLUMNS[score];
  const createGroup = (text: string, { length }: readonly Column[]) =>
    Object.assign(createElement('th', text), { scope: 'colgroup', colSpan: length });
  const names = [...training, ...validation].map(([, measure]) =>
    Object.assign(createElement('th', TEXTS[measure].name), { scope: 'col' }),
  );
  const epoch = Object.assign(createElement('th', 'Epoch'), { scope: 'col', rowSpan: 2 });
  return [
    createElement('tr', epoch, createGroup('Training', training), createGroup('Validation', validation)),
    createElement('tr', ...names),
  ];
}

function createRow(metrics: EpochMetrics, score: Score): HTMLElement {
  const { training, validation } = COLUMNS[score];
  const cells = [...training, ...validation].map(([metric, measure]) =>
    createElement('td', format(metrics[metric] ?? null, measure)),
  );
  return createElement('tr', Object.assign(createElement('th', String(metrics.epoch)), { scope: 'row' }), ...cells);
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function format(value: number | null, measure: Measure): string {
  return value === null ? '–' : TEXTS[measure].format(value);
}
