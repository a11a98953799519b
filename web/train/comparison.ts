/** Jobs side by side: their curves in two charts, the values at one epoch, and a table with all epochs. */
import { isOver } from '../../src/client/index.ts';
import { showAndAnnounce } from '../announcer.ts';
import { createElement, createLink, findElement, showText } from '../dom.ts';
import { shortenId } from '../format.ts';
import { formatRoute } from '../routes.ts';
import { describeError, isPermanent } from '../service.ts';
import { Chart, type Line } from './chart.ts';
import './comparison.css';
import { openJobs } from '../local/job-store.ts';
import { ComparedJobs, MAX_COMPARED, type Part } from './compared-jobs.ts';
import { formatMeasure, MEASURES } from './measures.ts';
import type { Measure } from './training-curve.ts';

/** Jobs are read again at this interval while one of them is unfinished. */
const REFRESH_MS = 3000;

export class Comparison {
  readonly #note = findElement('compare-note');
  readonly #content = findElement('compare-content');
  readonly #part = findElement('compare-part', HTMLSelectElement);
  readonly #slider = findElement('compare-epoch', HTMLInputElement);
  readonly #shown = findElement('compare-shown');
  readonly #values = findElement('compare-values');
  readonly #all = findElement('compare-all');
  #jobs = new ComparedJobs([]);
  #charts: readonly { readonly chart: Chart; readonly measure: Measure }[] = [];
  /** The epoch whose values are shown. Undefined follows the latest one. */
  #epoch: number | undefined;

  constructor() {
    findElement('compare-table').tabIndex = 0;
    this.#part.addEventListener('change', () => this.#draw());
    this.#slider.addEventListener('input', () => {
      this.#select(Number(this.#slider.value));
      for (const { chart } of this.#charts) chart.mark(this.#slider.valueAsNumber);
    });
  }

  /** Shows the jobs, and keeps them up to date until `signal` is aborted. */
  open(ids: readonly string[], signal: AbortSignal): void {
    this.#jobs = new ComparedJobs([]);
    this.#epoch = undefined;
    this.#content.hidden = true;
    showAndAnnounce(this.#note, 'Loading…');
    void this.#load(ids, signal);
  }

  async #load(ids: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      const jobs = ids.slice(0, MAX_COMPARED).map((id) => openJobs(id, signal).get(id));
      this.#show(new ComparedJobs(await Promise.all(jobs)));
      showText(this.#note, ids.length > MAX_COMPARED ? `Only the first ${MAX_COMPARED} jobs are compared.` : '');
    } catch (error) {
      if (signal.aborted) return;
      showAndAnnounce(this.#note, describeError(error));
      if (isPermanent(error)) return;
    }
    if (this.#jobs.jobs.length > 0 && this.#jobs.jobs.every(({ state }) => isOver(state))) return;
    const timer = setTimeout(() => void this.#load(ids, signal), REFRESH_MS);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  #show(jobs: ComparedJobs): void {
    const opened = this.#jobs.jobs.length === 0;
    this.#jobs = jobs;
    this.#content.hidden = false;
    if (opened || this.#charts[1]?.measure !== jobs.score) this.#createCharts();
    this.#draw();
  }

  #createCharts(): void {
    for (const { chart } of this.#charts) chart.dispose();
    const measures = { 'compare-loss': 'loss', 'compare-score': this.#jobs.score } as const;
    this.#charts = Object.entries(measures).map(([id, measure]) => {
      const { title, formatTick } = MEASURES[measure];
      for (const place of ['name', 'head']) findElement(`${id}-${place}`).textContent = title;
      const chart = new Chart(findElement(id), {
        label: `${title} of the jobs by epoch; the tables below list the values`,
        logarithmic: false,
        format: formatTick,
        lines: this.#jobs.lines,
        onHover: (epoch) => epoch !== undefined && this.#select(epoch),
      });
      return { chart, measure };
    });
  }

  #draw(): void {
    for (const { chart, measure } of this.#charts) chart.show(this.#jobs.columns(measure, this.#selectedPart));
    this.#slider.max = String(Math.max(1, this.#jobs.epochs));
    this.#showValues();
    this.#showAll();
  }

  get #selectedPart(): Part {
    return this.#part.value === 'training' ? 'training' : 'validation';
  }

  #select(epoch: number): void {
    this.#epoch = Math.min(Math.max(1, epoch), this.#jobs.epochs);
    this.#showValues();
  }

  /** The values at the selected epoch, one row for each job. */
  #showValues(): void {
    const epoch = this.#epoch ?? this.#jobs.epochs;
    this.#slider.value = String(epoch);
    this.#shown.textContent = `epoch ${epoch} of ${this.#jobs.epochs}`;
    const spoken = this.#jobs.jobs.map(
      (_, job) => `${this.#jobs.letter(job)} ${this.#formatCells(job, epoch).join(' ')}`,
    );
    this.#slider.setAttribute('aria-valuetext', `Epoch ${epoch}: ${spoken.join(', ')}`);
    this.#values.replaceChildren(...this.#jobs.jobs.map((_, job) => this.#createRow(job, epoch)));
  }

  #createRow(job: number, epoch: number): HTMLElement {
    const { id, spec, layers } = this.#jobs.jobs[job] ?? {};
    const sample = createElement('span', this.#jobs.letter(job), ' ', createSample(this.#jobs.lines[job]));
    const link = createLink(formatRoute('train', id), `${spec?.data}, ${layers?.join('-')}`);
    const difference = this.#jobs.differences(job) || `job ${shortenId(id ?? '')}`;
    const details = Object.assign(createElement('span', difference), { className: 'help' });
    const name = Object.assign(createElement('div', sample, createElement('span', link, details)), {
      className: 'job',
    });
    const head = Object.assign(createElement('th', name), { scope: 'row' });
    return createElement('tr', head, ...this.#formatCells(job, epoch).map((text) => createElement('td', text)));
  }

  /** One row for each epoch, one group of columns for each job. */
  #showAll(): void {
    const { jobs, epochs } = this.#jobs;
    const names = this.#charts.map(({ measure }) => MEASURES[measure].name);
    const head = jobs.flatMap((_, job) =>
      names.map((name) => Object.assign(createElement('th', `${this.#jobs.letter(job)} ${name}`), { scope: 'col' })),
    );
    const rows = Array.from({ length: epochs }, (_, i) => {
      const cells = jobs.flatMap((_, job) => this.#formatCells(job, i + 1).map((text) => createElement('td', text)));
      return createElement('tr', Object.assign(createElement('th', String(i + 1)), { scope: 'row' }), ...cells);
    });
    const first = Object.assign(createElement('th', 'Epoch'), { scope: 'col' });
    this.#all.replaceChildren(
      createElement('thead', createElement('tr', first, ...head)),
      createElement('tbody', ...rows),
    );
  }

  #formatCells(job: number, epoch: number): string[] {
    return this.#charts.map(({ measure }) =>
      formatMeasure(this.#jobs.value(job, epoch, measure, this.#selectedPart), measure),
    );
  }
}

/** A piece of the line of a job. */
function createSample({ colour = '', dash = [] }: Partial<Line> = {}): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 32 8');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('sample');
  line.setAttribute('d', 'M0 4H32');
  line.setAttribute('stroke-dasharray', dash.join(' '));
  line.style.stroke = `var(${colour})`;
  svg.append(line);
  return svg;
}
