/** Plots: vega-lite specifications rendered to SVG, without a browser. */
import type { Config, TopLevelSpec } from 'vega-lite';
import { Html, html } from './html.ts';

/** After Okabe and Ito (2008): distinguishable with colour blindness, and visible on light and dark ground. */
export const COLOURS = {
  blue: '#3b8fd0',
  orange: '#e6852b',
  green: '#4aa87a',
  pink: '#c86fa8',
  yellow: '#c2a11d',
  grey: '#868e99',
} as const;

/** Series differ in colour and in the shape of their points. */
const STYLES = (['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'] as const).map((shape, i) => ({
  shape,
  colour: Object.values(COLOURS)[i] ?? COLOURS.grey,
}));

/** Series of a chart in the order of the legend. Styles repeat after the last one. */
export function assignStyles(names: readonly string[]): Series[] {
  return names.map((name, i) => ({ name, ...(STYLES[i % STYLES.length] ?? { colour: COLOURS.grey }) }));
}

/** currentColor makes text and lines fit light and dark pages. */
const CONFIG: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    domainColor: 'currentColor',
    domainOpacity: 0.4,
    gridColor: 'currentColor',
    gridOpacity: 0.12,
    labelColor: 'currentColor',
    labelFontSize: 12,
    tickColor: 'currentColor',
    tickOpacity: 0.4,
    titleColor: 'currentColor',
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
};

export type Shape = 'circle' | 'square' | 'triangle-up' | 'diamond' | 'cross' | 'triangle-down';

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** Shape of the points (default circle). */
  readonly shape?: Shape;
}

export interface SeriesPoint {
  readonly x: number;
  readonly y: number;
  readonly series: string;
  /** Limits of a band around the line, or of a bar at the point. */
  readonly low?: number;
  readonly high?: number;
}

export interface LineChart {
  readonly points: readonly SeriesPoint[];
  /** In the order of the legend. */
  readonly series: readonly Series[];
  readonly xTitle: string;
  /** epochs: whole numbers; values: logarithmic with ticks at the data; shares: 0 to 100 % (default epochs). */
  readonly xScale?: 'epochs' | 'values' | 'shares';
  readonly yTitle: string;
  readonly yScale?: 'linear' | 'log';
  readonly yFormat?: string;
  /** Names of series drawn as a thin line without points. */
  readonly thin?: readonly string[];
  /** Width in pixels (default 540). Charts in pairs are narrower. */
  readonly width?: number;
}

/** With its axis as wide as a phone's page, where a scaled chart would have small numbers. */
export const PAIR_WIDTH = 300;

/** A legend in HTML, because the legend of a plot cannot wrap. */
export function legend(series: readonly Series[]): Html {
  const items = series.map(({ name, colour, shape = 'circle' }) => {
    return html`<span><svg viewBox="-6 -6 12 12" width="12" height="12" aria-hidden="true"><path d="${GLYPHS[shape]}" fill="${colour}"/></svg>${name}</span> `;
  });
  return html`<p class="legend">${items}</p>`;
}

const GLYPHS: Record<Shape, string> = {
  circle: 'M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z',
  square: 'M-4.5 -4.5H4.5V4.5H-4.5Z',
  'triangle-up': 'M0 -5L5.5 4.5H-5.5Z',
  diamond: 'M0 -6L5 0L0 6L-5 0Z',
  cross: 'M-2 -5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5V-2H-2Z',
  'triangle-down': 'M0 5L5.5 -4.5H-5.5Z',
};

export async function lineChart(chart: LineChart): Promise<Html> {
  if (chart.points.length === 0) return html`<p class="lead">There are no values to plot.</p>`;
  return html`${legend(chart.series)}<div class="wide" tabindex="0">${await toSvg(lineSpec(chart))}</div>`;
}

/** The plot as an SVG file with legend and white background. */
export async function lineChartFile(chart: LineChart, title: string): Promise<string> {
  const svg = await toSvg({
    ...lineSpec(chart, FILE_LEGEND),
    title: { text: title, anchor: 'start', color: INK, fontSize: 15, offset: 12 },
    padding: 14,
    config: {
      ...CONFIG,
      background: PAPER,
      legend: { labelColor: INK, titleColor: INK, labelFontSize: 12, symbolOpacity: 1 },
    },
  });
  return svg.text.replaceAll('currentColor', INK);
}

const PAPER = '#ffffff';
const INK = '#1d2229';
type Legend = typeof FILE_LEGEND | null;
const FILE_LEGEND = { title: null, orient: 'bottom', direction: 'vertical', labelLimit: 500 } as const;

function lineSpec(chart: LineChart, legend: Legend = null) {
  const { series, points, thin = [], width = 540 } = chart;
  const spec = {
    width,
    height: 250,
    config: CONFIG,
    data: { values: [...points] },
    encoding: {
      x: xEncoding(chart),
      y: yEncoding(chart),
      color: bySeries(series, ({ colour }) => colour, legend),
    },
    layer: [
      ...(points.some(({ low }) => low !== undefined)
        ? [chart.xScale === 'values' || chart.xScale === 'shares' ? BARS : BANDS]
        : []),
      ...(thin.length === 0 ? [] : [thinLines(thin)]),
      ...(thin.length === series.length ? [] : [markedLines(chart, legend)]),
    ],
  } as const satisfies TopLevelSpec;
  return spec;
}

/** An encoding channel with one value for each series. */
function bySeries(series: readonly Series[], getValue: (series: Series) => string, legend: Legend) {
  const scale = { domain: series.map(({ name }) => name), range: series.map(getValue) };
  return { field: 'series', type: 'nominal', legend, scale } as const;
}

function xEncoding({ points, xTitle, xScale = 'epochs' }: LineChart) {
  const values = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const common = { field: 'x', type: 'quantitative', title: xTitle } as const;
  if (xScale === 'values') {
    const domain = [(values[0] ?? 1) / 1.25, (values.at(-1) ?? 1) * 1.25];
    return { ...common, axis: { values, format: '~g' }, scale: { type: 'log' as const, domain, nice: false } };
  }
  if (xScale === 'shares') return { ...common, axis: { format: '.0%' }, scale: { domain: [0, 1], padding: 8 } };
  // The padding keeps points at both ends visible.
  const scale = { nice: false, zero: false, padding: 8 };
  const [first = 0, last = 1] = [values[0], values.at(-1)];
  const domain = [first < 1 ? 0 : first, Math.max(Math.ceil(last), first + 1)];
  return { ...common, axis: { tickMinStep: 1, format: 'd' }, scale: { ...scale, domain } };
}

function yEncoding({ points, yTitle, yScale = 'linear', yFormat = '' }: LineChart) {
  const common = { field: 'y', type: 'quantitative', title: yTitle } as const;
  if (yScale === 'linear') {
    const format = yFormat === '%' ? percentFormat(points) : yFormat;
    return { ...common, axis: { format, tickCount: 6 }, scale: { zero: false } };
  }
  // Bands may reach zero. The axis ends below the least mean and cuts them.
  const means = points.reduce((min, { y }) => Math.min(min, y), Number.POSITIVE_INFINITY);
  const lows = points.reduce((min, { y, low = y }) => Math.min(min, low), Number.POSITIVE_INFINITY);
  const least = Math.max(lows, means / 1.6) / 1.1;
  const most = 1.1 * points.reduce((max, { y, high = y }) => Math.max(max, high), 0);
  const domain = [least, most];
  const values = ticksWithin(least, most);
  return { ...common, axis: { values, format: yFormat }, scale: { type: 'log' as const, nice: false, domain } };
}

/** Enough decimals to distinguish neighbouring ticks. */
function percentFormat(points: readonly SeriesPoint[]): string {
  const lows = points.reduce((min, { y, low = y }) => Math.min(min, low), Number.POSITIVE_INFINITY);
  const highs = points.reduce((max, { y, high = y }) => Math.max(max, high), Number.NEGATIVE_INFINITY);
  const decimals = Math.min(4, Math.max(0, Math.ceil(-Math.log10(Math.max(highs - lows, 1e-6))) - 1));
  return `.${decimals}%`;
}

/** The first list with at least three ticks is used. A shorter range gets evenly spaced ticks. */
const TICK_FACTORS = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]];

/** Round numbers between two limits, for a logarithmic axis. */
export function ticksWithin(least: number, most: number): number[] {
  const fitting = TICK_FACTORS.map((factors) => timesPowersOfTen(factors, least, most));
  return fitting.find((ticks) => ticks.length >= 3) ?? evenTicks(least, most);
}

function evenTicks(least: number, most: number): number[] {
  const power = Math.floor(Math.log10((most - least) / 3));
  const size = [5, 2, 1].map((factor) => Number(`${factor}e${power}`)).find((step) => (most - least) / step >= 3) ?? 1;
  const first = Math.ceil(least / size);
  const ticks = Array.from({ length: 20 }, (_, i) => Number(((first + i) * size).toPrecision(12)));
  return ticks.filter((tick) => tick <= most);
}

function timesPowersOfTen(factors: readonly number[], least: number, most: number): number[] {
  const decades = Math.log10(most / least);
  const from = Math.floor(Math.log10(least));
  const powers = Array.from({ length: Math.ceil(decades) + 2 }, (_, i) => from + i);
  // Parsed from text, because 5 * 10 ** -2 need not be the float64 nearest to 0.05.
  const ticks = powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)));
  return ticks.filter((tick) => tick >= least && tick <= most);
}

/** Vega is imported with the first chart, because it loads slowly (0.2 s). */
async function toSvg(spec: TopLevelSpec): Promise<Html> {
  const [{ logger, parse, View, Warn }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Warnings are errors: they mean a mistake in a specification.
  const strict = logger(Warn, 'error', (_method, _level, messages) => {
    throw new Error(`vega: ${[...messages].join(' ')}`);
  });
  const view = new View(parse(compile(spec, { logger: strict }).spec), { renderer: 'none', logger: strict });
  try {
    return new Html(addTitles(await view.toSVG()));
  } finally {
    view.finalize();
  }
}

/** Browsers show a title while the pointer is on its point. Vega writes the values as a label for screen readers. */
function addTitles(svg: string): string {
  return svg.replace(
    /<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="point"([^>]*)\/>/g,
    (_, label, attributes) => {
      const title = `<title>${label.replaceAll('; ', '\n')}</title>`;
      // Invisible points are for the pointer only.
      if (/ opacity="0"/.test(attributes)) return `<path aria-hidden="true"${attributes}>${title}</path>`;
      return `<path aria-label="${label}" role="graphics-symbol" aria-roledescription="point"${attributes}>${title}</path>`;
    },
  );
}

const WITHIN = [{ filter: 'isValid(datum.low)' }];
const SPREAD_Y = { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } } as const;
const BANDS = { transform: WITHIN, mark: { type: 'area', opacity: 0.28, clip: true }, encoding: SPREAD_Y } as const;
const BARS = { transform: WITHIN, mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.7 }, encoding: SPREAD_Y } as const;

/** Their points are invisible, and have titles. */
function thinLines(series: readonly string[]) {
  const point = { size: 60, filled: true, opacity: 0 };
  return {
    transform: [{ filter: { field: 'series', oneOf: [...series] } }],
    mark: { type: 'line', strokeWidth: 1.2, opacity: 0.85, point } as const,
  };
}

/** More points than that on a line would touch each other, and are smaller. */
const FEW_POINTS = 30;

function markedLines({ series, points, thin = [] }: LineChart, legend: Legend) {
  const size = new Set(points.map(({ x }) => x)).size > FEW_POINTS ? 14 : 50;
  return {
    transform: [{ filter: { not: { field: 'series', oneOf: [...thin] } } }],
    mark: { type: 'line', strokeWidth: 2, point: { size, filled: true, opacity: 1 } } as const,
    encoding: { shape: bySeries(series, ({ shape = 'circle' }) => shape, legend) },
  };
}

export interface ScatterChart {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly xTitle: string;
  readonly yTitle: string;
  /** The line of exact predictions: y = x, or y = 0. */
  readonly line: 'diagonal' | 'zero';
}

/** Points of a pair of charts, with the line of exact predictions. */
export async function pairedScatter({ points, xTitle, yTitle, line }: ScatterChart): Promise<Html> {
  const xs = points.map(({ x }) => x);
  const ends = [Math.min(...xs), Math.max(...xs)].map((x) => ({ x, y: line === 'diagonal' ? x : 0 }));
  const axis = (field: 'x' | 'y', title: string) => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: { zero: false, padding: 8 },
    axis: { tickCount: 5, format: ',~r' },
  });
  return toSvg({
    width: PAIR_WIDTH,
    height: 250,
    config: CONFIG,
    encoding: { x: axis('x', xTitle), y: axis('y', yTitle) },
    layer: [
      {
        data: { values: points.map((point) => ({ ...point })) },
        mark: { type: 'point', filled: true, size: 22, opacity: 0.55, color: COLOURS.blue },
      },
      { data: { values: ends }, mark: { type: 'line', stroke: COLOURS.orange, strokeWidth: 1.5, strokeDash: [5, 4] } },
    ],
  });
}

interface PlaneChart {
  /** Background picture of the plane, as a data URL. */
  readonly picture: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly series: readonly Series[];
  readonly points: readonly { readonly x: number; readonly y: number; readonly series: string }[];
  /** A closed curve. */
  readonly curve: readonly { readonly x: number; readonly y: number }[];
  readonly xTitle: string;
  readonly yTitle: string;
}

export async function planeChart(chart: PlaneChart): Promise<Html> {
  const { picture, points, curve, series, xTitle, yTitle } = chart;
  const side = 360;
  const axis = (field: 'x' | 'y', title: string) => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: { domain: [...chart[field]], nice: false },
    axis: { tickCount: 5, grid: false },
  });
  const [left, top] = [chart.x[0], chart.y[1]];
  const spec: TopLevelSpec = {
    width: side,
    height: side,
    config: CONFIG,
    encoding: { x: axis('x', xTitle), y: axis('y', yTitle) },
    layer: [
      {
        data: { values: [{ x: left, y: top, picture }] },
        mark: { type: 'image', width: side, height: side, aspect: false, align: 'left', baseline: 'top' },
        encoding: { url: { field: 'picture', type: 'nominal' } },
      },
      {
        data: { values: points.map((point) => ({ ...point })) },
        mark: { type: 'point', filled: true, size: 34, opacity: 1, stroke: 'currentColor', strokeWidth: 0.7 },
        encoding: {
          color: bySeries(series, ({ colour }) => colour, null),
          shape: bySeries(series, ({ shape = 'circle' }) => shape, null),
        },
      },
      {
        data: { values: curve.map((point, order) => ({ ...point, order })) },
        mark: { type: 'line', stroke: 'currentColor', strokeWidth: 1.5, strokeDash: [5, 4] },
        encoding: { order: { field: 'order', type: 'quantitative' } },
      },
    ],
  };
  return html`${legend(series)}<div class="square">${await toSvg(spec)}</div>`;
}
