/** The inputs that decided: coloured pixels over the picture, or a bar for each column of a table. */
import { floatInputs } from '../../src/core/dataset.ts';
import { groupInputs } from '../../src/core/table-columns.ts';
import { listColumns, type ModelInfo } from '../../src/format/metadata.ts';
import { openContext } from '../canvas.ts';
import { createElement } from '../dom.ts';
import type { Sample } from '../inputs/sample.ts';
import { drawColours, mix, readPalette, signedColour } from './colours.ts';
import { describeRegions, formatSigned } from './regions.ts';

const MAX_COLUMNS = 12;

export class PixelMap {
  readonly #canvas = Object.assign(createElement('canvas'), { role: 'img', className: 'pixels' });
  readonly #caption = createElement('figcaption');
  readonly element = createElement('figure', this.#canvas, this.#caption);

  show(
    sample: Sample,
    [rows, columns]: readonly [number, number],
    contributions: Float64Array,
    sides: readonly string[],
  ): void {
    Object.assign(this.#canvas, { width: columns, height: rows });
    const palette = readPalette();
    const grey = mix(palette.background, palette.ink, 0.3);
    const ink = sample.inputs instanceof Uint8Array ? floatInputs(sample.inputs) : new Float32Array(rows * columns);
    const largest = contributions.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    const colours = Array.from(contributions, (value, i) => {
      const base = mix(palette.background, grey, ink[i] ?? 0);
      // The root makes weaker pixels visible.
      return signedColour(Math.sign(value) * Math.sqrt(Math.abs(value) / largest), palette, base);
    });
    drawColours(openContext(this.#canvas), columns, colours, false);
    const text = describeRegions(contributions, columns, sides);
    this.#canvas.ariaLabel = `Pixels that decided. ${text}`;
    this.#caption.textContent = text;
  }
}

export class ColumnBars {
  readonly #list = Object.assign(createElement('ol'), { className: 'contributions' });
  readonly element = this.#list;

  show(info: ModelInfo, sample: Sample, contributions: Float64Array, scale: number): void {
    const columns = sumColumns(info, contributions).map(({ name, sum, inputs }) => {
      // Without categories, each input is a number that the visitor entered.
      const value = info.tableColumns === undefined ? sample.raw[inputs[0] ?? 0] : undefined;
      return { name: value === undefined ? name : `${name} = ${Number(value.toPrecision(4))}`, sum: scale * sum };
    });
    columns.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
    const largest = Math.max(...columns.map(({ sum }) => Math.abs(sum)), 1e-9);
    const items = columns.slice(0, MAX_COLUMNS).map((column) => createBar(column, largest));
    const rest = columns.slice(MAX_COLUMNS);
    const more = { name: `${rest.length} more columns`, sum: rest.reduce((total, { sum }) => total + sum, 0) };
    this.#list.replaceChildren(...items, ...(rest.length > 0 ? [createBar(more, largest)] : []));
  }
}

function createBar({ name, sum }: { name: string; sum: number }, largest: number): HTMLLIElement {
  const bar = Object.assign(createElement('span'), { className: `bar ${sum < 0 ? 'against' : 'for'}` });
  bar.style.setProperty('--share', String(Math.min(1, Math.abs(sum) / largest)));
  return createElement(
    'li',
    Object.assign(createElement('span', name), { title: name }),
    bar,
    createElement('b', formatSigned(sum)),
  );
}

/** The contributions of each column; the categories of a column count together. */
function sumColumns(info: ModelInfo, contributions: Float64Array) {
  const columns =
    listColumns(info) ?? Array.from(contributions, (_, i) => ({ kind: 'number' as const, name: `input ${i + 1}` }));
  return groupInputs(columns).map(({ name, inputs }) => {
    return { name, inputs, sum: inputs.reduce((total, i) => total + (contributions[i] ?? 0), 0) };
  });
}
