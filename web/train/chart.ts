/** Curves over epochs, with uPlot. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Columns } from './curve.ts';

export interface ChartOptions {
  /** What a screen reader says of it. */
  readonly label: string;
  /** The right end. */
  readonly epochs: number;
  readonly logarithmic: boolean;
  readonly format: (value: number) => string;
}

const HEIGHT = 220;
const FONT = '12px system-ui, sans-serif';
/** Beyond so many epochs points would hide the lines. */
const MOST_POINTS = 60;
const AXIS_WIDTH = 56;

export class Chart {
  readonly #host: HTMLElement;
  readonly #plot: uPlot;
  readonly #resized: ResizeObserver;
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #repaint = () => this.#plot.redraw();

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    host.replaceChildren();
    this.#plot = new uPlot(this.#plotOptions(options), [[], [], [], []], host);
    const { canvas } = this.#plot.ctx;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', options.label);
    this.#resized = new ResizeObserver(() => this.#fit());
    this.#resized.observe(host);
    this.#scheme.addEventListener('change', this.#repaint);
  }

  show(columns: Columns): void {
    this.#plot.setData(columns);
  }

  dispose(): void {
    this.#resized.disconnect();
    this.#scheme.removeEventListener('change', this.#repaint);
    this.#plot.destroy();
  }

  /** A chart in a hidden view has no width: it gets one when it is seen. */
  #fit(): void {
    const width = this.#host.clientWidth;
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
  }

  #plotOptions({ epochs, logarithmic, format }: ChartOptions): uPlot.Options {
    const axis = {
      font: FONT,
      stroke: () => this.#colour('--faint'),
      grid: { stroke: () => this.#colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const ends = { spanGaps: true, points: { show: epochs <= MOST_POINTS, size: 7 } };
    return {
      ...{ width: Math.max(1, this.#host.clientWidth), height: HEIGHT },
      ...{ legend: { show: false }, cursor: { show: false } },
      scales: { x: { time: false, range: [0, epochs] }, y: logarithmic ? { distr: 3 } : {} },
      axes: [
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 40 },
        { ...axis, size: AXIS_WIDTH, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
      ],
      series: [
        {},
        { stroke: () => this.#colour('--bar'), width: 1, alpha: 0.6, points: { show: false } },
        { stroke: () => this.#colour('--bar'), width: 2, ...ends },
        { stroke: () => this.#colour('--validation'), width: 2, dash: [6, 4], ...ends },
      ],
    };
  }

  #colour(name: string): string {
    return getComputedStyle(this.#host).getPropertyValue(name);
  }
}
