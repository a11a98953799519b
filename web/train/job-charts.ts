/** A job's charts of loss and score, and the table with the same numbers. */
import type { EpochMetrics } from '../../src/client/index.ts';
import { createElement, findElement } from '../dom.ts';
import { Chart, type Line } from './chart.ts';
import { formatMeasure, MEASURES } from './measures.ts';
import { type Measure, type Score, TrainingCurve } from './training-curve.ts';

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

const LINES: readonly Line[] = [
  { colour: '--bar', width: 1, running: true },
  { colour: '--bar', width: 2 },
  { colour: '--validation', width: 2, dash: [6, 4] },
];

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
    findElement('score-name').textContent = MEASURES[score].title;
    findElement('score-legend').hidden = score === 'r2';
    this.#head.replaceChildren(...createHead(score));
    this.#rows.replaceChildren();
  }

  #showMeasure(place: 'loss' | 'score', measure: Measure): void {
    this.#charts[place]?.show(this.#curve.columns(measure));
    this.#showValues(place, measure, this.#curve.latest(measure));
  }

  /** Shows the values at the pointer next to the names of both lines, and the latest ones without a pointer. */
  #showHovered(epoch: number | undefined): void {
    for (const [place, measure] of Object.entries({ loss: 'loss', score: this.#score ?? 'accuracy' } as const)) {
      const values = epoch === undefined ? this.#curve.latest(measure) : this.#curve.at(epoch, measure);
      this.#showValues(place, measure, values);
    }
    findElement('curves-epoch').textContent = epoch === undefined ? '' : `Values at the end of epoch ${epoch}. `;
  }

  #showValues(place: string, measure: Measure, { training, validation }: ReturnType<TrainingCurve['latest']>): void {
    findElement(`${place}-training`).textContent = formatMeasure(training, measure);
    findElement(`${place}-validation`).textContent = formatMeasure(validation, measure);
  }

  #createChart(place: 'loss' | 'score', measure: Measure): void {
    this.#charts[place]?.dispose();
    this.#charts[place] = new Chart(findElement(`${place}-chart`), {
      label: `${MEASURES[measure].title} by epoch; the table below lists the values`,
      logarithmic: measure === 'loss' && this.#logScale.checked,
      format: MEASURES[measure].formatTick,
      lines: LINES,
      onHover: (epoch) => this.#showHovered(epoch),
    });
  }
}

function createHead(score: Score): HTMLElement[] {
  const { training, validation } = COLUMNS[score];
  const createGroup = (text: string, { length }: readonly Column[]) =>
    Object.assign(createElement('th', text), { scope: 'colgroup', colSpan: length });
  const names = [...training, ...validation].map(([, measure]) =>
    Object.assign(createElement('th', MEASURES[measure].name), { scope: 'col' }),
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
    createElement('td', formatMeasure(metrics[metric] ?? null, measure)),
  );
  return createElement('tr', Object.assign(createElement('th', String(metrics.epoch)), { scope: 'row' }), ...cells);
}
