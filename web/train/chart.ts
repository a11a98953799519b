/** A line chart over epochs, drawn by uPlot. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Columns } from './training-curve.ts';

export interface ChartOptions {
  /** For screen readers. */
  readonly label: string;
  readonly logarithmic: boolean;
  readonly format: (value: number) => string;
}

const HEIGHT = 220;
const FONT = '12px system-ui, sans-serif';
/** With more epochs the points would hide the lines. */
const MAX_POINTS = 30;
const AXIS_WIDTH = 56;

export class Chart {
  readonly #host: HTMLElement;
  readonly #plot: uPlot;
  readonly #resizeObserver: ResizeObserver;
  readonly #darkScheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #redraw = () => this.#plot.redraw();

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    host.replaceChildren();
    this.#plot = new uPlot(this.#plotOptions(options), [[], [], [], []], host);
    const { canvas } = this.#plot.ctx;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', options.label);
    this.#resizeObserver = new ResizeObserver(() => this.#resize());
    this.#resizeObserver.observe(host);
    this.#darkScheme.addEventListener('change', this.#redraw);
  }

  show(columns: Columns): void {
    this.#plot.setData(columns);
  }

  dispose(): void {
    this.#resizeObserver.disconnect();
    this.#darkScheme.removeEventListener('change', this.#redraw);
    this.#plot.destroy();
  }

  /** A chart in a hidden view has no width until the view is shown. */
  #resize(): void {
    const width = this.#host.clientWidth;
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
  }

  #plotOptions({ logarithmic, format }: ChartOptions): uPlot.Options {
    const axis = {
      font: FONT,
      stroke: () => this.#colour('--faint'),
      grid: { stroke: () => this.#colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const line = (name: string, width: number, dash?: number[]): uPlot.Series => {
      const stroke = () => this.#colour(name);
      const points = { show: (plot: uPlot) => (plot.scales.x?.max ?? 0) <= MAX_POINTS, size: 6, fill: stroke };
      return { stroke, width, spanGaps: true, points, ...(dash === undefined ? {} : { dash }) };
    };
    const filter = (_: uPlot, ticks: number[]) => (logarithmic ? filterLogTicks(ticks) : ticks);
    return {
      width: Math.max(1, this.#host.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: (_, __, last) => [0, Math.max(1, Math.ceil(last ?? 1))] },
        y: { distr: logarithmic ? 3 : 1, range: ({ data }) => findRange(data, logarithmic) },
      },
      axes: [
        { ...axis, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 40 },
        {
          ...axis,
          size: AXIS_WIDTH,
          grid: { ...axis.grid, filter },
          filter,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
        },
      ],
      series: [
        {},
        { ...line('--bar', 1), alpha: 0.7, spanGaps: false, points: { show: false } },
        line('--bar', 2),
        line('--validation', 2, [6, 4]),
      ],
    };
  }

  #colour(name: string): string {
    return getComputedStyle(this.#host).getPropertyValue(name);
  }
}

/**
 * The y range of the values at the ends of epochs, once there are some. The running means of the first epoch start far
 * from all later values and would flatten the curve.
 */
function findRange(data: uPlot.AlignedData, logarithmic: boolean): uPlot.Range.MinMax {
  const [, running = [], training = [], validation = []] = data;
  const usable = (value: number | null | undefined): value is number =>
    typeof value === 'number' && (!logarithmic || value > 0);
  const ends = [...training, ...validation].filter(usable);
  const values = ends.length > 0 ? ends : [...running].filter(usable);
  if (values.length === 0) return logarithmic ? [0.1, 1] : [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // uPlot counts logarithmic ticks from the start of the range, so it must start at a tick.
  return logarithmic ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
}

/** Keeps the ticks 1, 2 and 5 of each power of ten, or only 1 if the axis spans more than two powers. */
function filterLogTicks(ticks: readonly number[]): (number | null)[] {
  const wide = (ticks.at(-1) ?? 1) / (ticks[0] ?? 1) > 200;
  const leading = wide ? ['1'] : ['1', '2', '5'];
  return ticks.map((tick) => (leading.includes(tick.toExponential(0)[0] ?? '') ? tick : null));
}
