/** Plots: vega-lite specifications rendered to SVG, without a browser. */
import { logger, parse, View, Warn } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';
import { Html, html } from './html.ts';

/** After Okabe and Ito (2008): colour-blind readers can tell them apart, and they stand out on light and on dark. */
export const COLOURS = { blue: '#3b8fd0', orange: '#e6852b', green: '#4aa87a' } as const;

/** Text and lines take the colour of the page, so that a plot fits a light page and a dark one. */
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

export interface SeriesPoint {
  /** In epochs. */
  readonly x: number;
  readonly y: number;
  readonly series: string;
}

export interface LineChart {
  readonly points: readonly SeriesPoint[];
  /** In the order of the legend. */
  readonly series: readonly { readonly name: string; readonly colour: string }[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly yScale?: 'linear' | 'log';
  readonly yFormat?: string;
  /** Series drawn as a thin line without points: the many values of a running measure. */
  readonly thin?: string;
}

/** In HTML, where it can wrap: a plot's own legend would make the plot narrow. */
function legend(series: LineChart['series']): Html {
  const items = series.map(({ name, colour }) => html`<span style="--colour: ${colour}">${name}</span> `);
  return html`<p class="legend">${items}</p>`;
}

/** Lines over epochs, with their legend. */
export async function lineChart(chart: LineChart): Promise<Html> {
  const { points, series, xTitle, yTitle, yScale = 'linear', yFormat = '', thin } = chart;
  const lastEpoch = Math.ceil(points.reduce((most, { x }) => Math.max(most, x), 0));
  const spec: TopLevelSpec = {
    width: 540,
    height: 250,
    config: CONFIG,
    data: { values: [...points] },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: xTitle,
        axis: { tickMinStep: 1, format: 'd' },
        scale: { domain: [0, lastEpoch], nice: false },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        title: yTitle,
        axis: { format: yFormat, tickCount: 6 },
        scale: yScale === 'log' ? { type: 'log' } : { zero: false },
      },
      color: {
        field: 'series',
        type: 'nominal',
        legend: null,
        scale: { domain: series.map(({ name }) => name), range: series.map(({ colour }) => colour) },
      },
    },
    layer: [...(thin === undefined ? [] : [thinLine(thin)]), markedLine(thin)],
  };
  return html`${legend(series)}<div class="wide">${await toSvg(spec)}</div>`;
}

async function toSvg(spec: TopLevelSpec): Promise<Html> {
  const view = new View(parse(compile(spec, { logger: STRICT }).spec), { renderer: 'none', logger: STRICT });
  try {
    return new Html(await view.toSVG());
  } finally {
    view.finalize();
  }
}

function thinLine(series: string) {
  return {
    transform: [{ filter: { field: 'series', equal: series } }],
    mark: { type: 'line', strokeWidth: 1.2, opacity: 0.75 } as const,
  };
}

function markedLine(except: string | undefined) {
  return {
    transform: except === undefined ? [] : [{ filter: { not: { field: 'series', equal: except } } }],
    mark: { type: 'line', strokeWidth: 2, point: { size: 45, filled: true } } as const,
  };
}

/** Vega's warnings would tell of a mistake in a specification of ours: they are errors. */
const STRICT = logger(Warn, 'error', (_method, _level, messages) => {
  throw new Error(`vega: ${[...messages].join(' ')}`);
});
