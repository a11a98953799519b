/** Curves over epochs, with uPlot. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Columns } from './curve.ts';

export interface ChartOptions {
  /** What a screen reader says of it. */
  readonly label: string;
  readonly logarithmic: boolean;
  readonly format: (value: number) => string;
}

const HEIGHT = 220;
const FONT = '12px system-ui, sans-serif';
/** Beyond so many epochs points would hide the lines. */
const MOST_POINTS = 30;
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

  #plotOptions({ logarithmic, format }: ChartOptions): uPlot.Options {
    const axis = {
      font: FONT,
      stroke: () => this.#colour('--faint'),
      grid: { stroke: () => this.#colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const line = (name: string, width: number, dash?: number[]): uPlot.Series => {
      const stroke = () => this.#colour(name);
      const points = { show: (plot: uPlot) => (plot.scales.x?.max ?? 0) <= MOST_POINTS, size: 6, fill: stroke };
      return { stroke, width, spanGaps: true, points, ...(dash === undefined ? {} : { dash }) };
    };
    const round = (_: uPlot, ticks: number[]) => (logarithmic ? roundOnes(ticks) : ticks);
    return {
      ...{ width: Math.max(1, this.#host.clientWidth), height: HEIGHT },
      ...{ legend: { show: false }, cursor: { show: false } },
      scales: {
        x: { time: false, range: (_, __, last) => [0, Math.max(1, Math.ceil(last ?? 1))] },
        y: { distr: logarithmic ? 3 : 1, range: ({ data }) => heights(data, logarithmic) },
      },
      axes: [
        { ...axis, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 40 },
        {
          ...{ ...axis, size: AXIS_WIDTH, grid: { ...axis.grid, filter: round }, filter: round },
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
 * What the ends of epochs span, once there are some: a first epoch begins by chance, far away from all that follows, which would
 * lie flat beside it.
 */
function heights(data: uPlot.AlignedData, logarithmic: boolean): uPlot.Range.MinMax {
  const [, running = [], training = [], validation = []] = data;
  const usable = (value: number | null | undefined): value is number =>
    typeof value === 'number' && (!logarithmic || value > 0);
  const ends = [...training, ...validation].filter(usable);
  const values = ends.length > 0 ? ends : [...running].filter(usable);
  if (values.length === 0) return logarithmic ? [0.1, 1] : [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // A logarithmic range must begin at a tick: uPlot counts on from there.
  return logarithmic ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
}

/** Of logarithmic ticks 1, 2 and 5 for each power of ten, or 1 alone where there are many powers. */
function roundOnes(ticks: readonly number[]): (number | null)[] {
  const many = (ticks.at(-1) ?? 1) / (ticks[0] ?? 1) > 200;
  const leading = many ? ['1'] : ['1', '2', '5'];
  return ticks.map((tick) => (leading.includes(tick.toExponential(0)[0] ?? '') ? tick : null));
}
