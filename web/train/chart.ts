/** A line chart over epochs, drawn by uPlot. */
import uPlot from 'uplot';
import { onSchemeChange } from '../canvas.ts';
import 'uplot/dist/uPlot.min.css';

export interface Line {
  /** CSS variable. */
  readonly colour: string;
  readonly width: number;
  /** Lengths of dashes and gaps in pixels. Default: a solid line. */
  readonly dash?: readonly number[];
  /** Text at the end of the line, so that lines differ without colours. */
  readonly letter?: string;
  /** Values between the ends of epochs: with gaps and without points. */
  readonly running?: boolean;
}

interface ChartOptions {
  /** For screen readers. */
  readonly label: string;
  readonly logarithmic: boolean;
  readonly format: (value: number) => string;
  readonly lines: readonly Line[];
  /** Called with the epoch, from 0, at the pointer, or undefined when the pointer leaves the chart. */
  readonly onHover: (epoch: number | undefined) => void;
}

/** Epochs, and the values of each line at them. A null is a gap. */
export type Columns = [x: number[], ...lines: (number | null)[][]];

const HEIGHT = 220;
const FONT = '12px system-ui, sans-serif';
/** Space for the letters at the ends of lines. */
const LETTER_WIDTH = 18;
const LETTER_HEIGHT = 13;
/** With more epochs the points would hide the lines. */
const MAX_POINTS = 30;
const AXIS_WIDTH = 56;

export class Chart {
  readonly #host: HTMLElement;
  readonly #plot: uPlot;
  readonly #resizeObserver: ResizeObserver;
  readonly #disposal = new AbortController();
  readonly #lines: readonly Line[];

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    this.#lines = options.lines;
    host.replaceChildren();
    this.#plot = new uPlot(this.#plotOptions(options), [[], ...options.lines.map(() => [])], host);
    const { canvas } = this.#plot.ctx;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', options.label);
    this.#resizeObserver = new ResizeObserver(() => this.#resize());
    this.#resizeObserver.observe(host);
    onSchemeChange(() => this.#plot.redraw(), this.#disposal.signal);
  }

  show(columns: Columns): void {
    this.#plot.setData(columns);
  }

  /** Marks an epoch by a vertical line, as the pointer does. */
  mark(epoch: number): void {
    this.#plot.setCursor({ left: this.#plot.valToPos(epoch, 'x'), top: 0 }, false);
  }

  dispose(): void {
    this.#resizeObserver.disconnect();
    this.#disposal.abort();
    this.#plot.destroy();
  }

  /** A chart in a hidden view has no width until the view is shown. */
  #resize(): void {
    const width = this.#host.clientWidth;
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
  }

  #plotOptions({ logarithmic, format, lines, onHover }: ChartOptions): uPlot.Options {
    const axis = {
      font: FONT,
      stroke: () => this.#colour('--faint'),
      grid: { stroke: () => this.#colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const createSeries = ({ colour, width, dash, running = false }: Line): uPlot.Series => {
      const stroke = () => this.#colour(colour);
      const show = (plot: uPlot) => !running && (plot.scales.x?.max ?? 0) <= MAX_POINTS;
      const points = { show, size: 6, fill: stroke };
      const alpha = running ? 0.7 : 1;
      return { stroke, width, alpha, spanGaps: !running, points, ...(dash === undefined ? {} : { dash: [...dash] }) };
    };
    const filter = (_: uPlot, ticks: number[]) => (logarithmic ? filterLogTicks(ticks) : ticks);
    return {
      width: Math.max(1, this.#host.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      padding: [null, lines.some(({ letter }) => letter !== undefined) ? LETTER_WIDTH : null, null, null],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      hooks: {
        setCursor: [
          ({ cursor: { left = -1 }, posToVal }) => onHover(left < 0 ? undefined : Math.round(posToVal(left, 'x'))),
        ],
        draw: [(plot) => this.#drawLetters(plot)],
      },
      scales: {
        x: { time: false, range: (_, __, last) => [0, Math.max(1, Math.ceil(last ?? 1))] },
        y: { distr: logarithmic ? 3 : 1, range: ({ data }) => findRange(data, lines, logarithmic) },
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
      series: [{}, ...lines.map(createSeries)],
    };
  }

  /** Draws each letter at the last value of its line, below the letter above it. */
  #drawLetters(plot: uPlot): void {
    const ends = this.#lines.flatMap(({ letter, colour }, line) => {
      const values = plot.data[line + 1] ?? [];
      const last = [...values.keys()].findLast((i) => values[i] !== null);
      if (letter === undefined || last === undefined) return [];
      const x = plot.valToPos(plot.data[0][last] ?? 0, 'x', true);
      return [{ letter, colour, x, y: plot.valToPos(values[last] ?? 0, 'y', true) }];
    });
    const { ctx } = plot;
    ctx.font = `bold ${devicePixelRatio * 12}px system-ui, sans-serif`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    let bottom = Number.NEGATIVE_INFINITY;
    for (const { letter, colour, x, y } of ends.sort((a, b) => a.y - b.y)) {
      bottom = Math.max(y, bottom + LETTER_HEIGHT * devicePixelRatio);
      ctx.fillStyle = this.#colour(colour);
      ctx.fillText(letter, x + 6 * devicePixelRatio, bottom);
    }
  }

  #colour(name: string): string {
    return getComputedStyle(this.#host).getPropertyValue(name);
  }
}

/**
 * The y range of the values at the ends of epochs, once there are some. The running means of the first epoch start far
 * from all later values and would flatten the curve.
 */
function findRange(
  [, ...columns]: uPlot.AlignedData,
  lines: readonly Line[],
  logarithmic: boolean,
): uPlot.Range.MinMax {
  const usable = (value: number | null | undefined): value is number =>
    typeof value === 'number' && (!logarithmic || value > 0);
  const collect = (running: boolean) =>
    columns.flatMap((column, i) => ((lines[i]?.running ?? false) === running ? [...column].filter(usable) : []));
  const ends = collect(false);
  const values = ends.length > 0 ? ends : collect(true);
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
