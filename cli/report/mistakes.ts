/** The most confident mistakes of a network: pictures, or rows of a table. */
import { type Dataset, type InputScaling, sampleCount } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { formatConfidence } from '../../src/core/recognition.ts';
import { classCount } from '../../src/core/spec.ts';
import { groupInputs, type TableColumn } from '../../src/core/table-columns.ts';
import { integer } from '../numbers.ts';
import { dataTable, type Html, html } from './html.ts';
import { pictureAddress } from './pictures.ts';

const MISTAKES_SHOWN = 24;

interface Mistake {
  readonly sample: number;
  readonly label: number;
  readonly predicted: number;
  readonly confidence: number;
}

export function mistakesSection(mlp: Mlp, measured: Dataset): Html {
  const mistakes = findMistakes(mlp, measured);
  if (mistakes.length === 0) return html`<p>There are no mistakes.</p>`;
  const shown = mistakes.slice(0, MISTAKES_SHOWN);
  const about = `${shown.length} of ${integer(mistakes.length)}, sorted by the probability of the wrong class.`;
  return measured.imageShape === undefined
    ? rowTable(measured, shown, about)
    : gallery(measured, measured.imageShape, shown, about);
}

/** The mistakes of a network, the most confident first. */
function findMistakes(mlp: Mlp, dataset: Dataset): Mistake[] {
  const classes = classCount(mlp.spec);
  const { labels, probabilities } = mlp.predictBatch(dataset.inputs);
  const mistakes: Mistake[] = [];
  labels.forEach((predicted, sample) => {
    const label = dataset.labels[sample] ?? 0;
    const confidence = probabilities[sample * classes + predicted] ?? 0;
    if (predicted !== label) mistakes.push({ sample, label, predicted, confidence });
  });
  return mistakes.sort((a, b) => b.confidence - a.confidence || a.sample - b.sample);
}

function gallery(
  { classes, columns, inputs }: Dataset,
  shape: readonly [number, number],
  mistakes: readonly Mistake[],
  about: string,
): Html {
  const items = mistakes.map(({ sample, label, predicted, confidence }) => {
    const pixels = inputs.subarray(sample * columns, (sample + 1) * columns);
    const text = `${classes[label]}, predicted ${classes[predicted]} with ${formatConfidence(confidence)}`;
    return html`<li><img src="${pictureAddress(pixels, shape)}" alt="A ${text}" width="28" height="28">
<b>${classes[label]}</b> predicted <b>${classes[predicted]}</b><br><small>${formatConfidence(confidence)} · no. ${sample}</small></li>\n`;
  });
  return html`<p>${about}</p><ul class="pictures">${items}</ul>`;
}

/** Rows of the table with their values, as the file has them. */
function rowTable(dataset: Dataset, mistakes: readonly Mistake[], about: string): Html {
  const { classes, lines } = dataset;
  const columns = listColumns(dataset);
  const rows = mistakes.map(({ sample, label, predicted, confidence }) => [
    integer(lines?.[sample] ?? sample),
    classes[label] ?? '',
    classes[predicted] ?? '',
    formatConfidence(confidence),
    ...readCells(dataset, columns, sample),
  ]);
  const origin =
    lines === undefined
      ? `Samples are numbered from 0 to ${integer(sampleCount(dataset) - 1)}.`
      : 'Lines count from 1, the header of the file included.';
  const header = [lines === undefined ? 'sample' : 'line', 'true', 'predicted', 'probability'];
  return html`<p>${about} ${origin}</p>
<div class="names">${dataTable([...header, ...columns.map(({ name }) => name)], rows)}</div>`;
}

function listColumns({ columns, features, tableColumns }: Dataset): readonly TableColumn[] {
  const nameInput = (_: unknown, input: number) => features?.[input] ?? `input ${input + 1}`;
  const names = () => Array.from({ length: columns }, nameInput);
  return tableColumns ?? names().map((name): TableColumn => ({ kind: 'number', name }));
}

/** The cells of a sample before scaling and encoding. Numbers have the 6 digits that float32 keeps through them. */
function readCells({ inputs, columns, scaling }: Dataset, table: readonly TableColumn[], sample: number): string[] {
  const values = [...inputs.subarray(sample * columns, (sample + 1) * columns)].map((value, input) =>
    Number(unscale(value, input, scaling).toPrecision(6)),
  );
  return groupInputs(table).map(({ inputs: [first = 0] }, i) => {
    const column = table[i];
    if (column?.kind !== 'categories') return String(values[first]);
    return column.categories.find((_, category) => (values[first + category] ?? 0) > 0.5) ?? '–';
  });
}

function unscale(value: number, input: number, scaling: InputScaling): number {
  if (scaling.kind !== 'standard') return value;
  return value * (scaling.standardDeviation[input] ?? 1) + (scaling.mean[input] ?? 0);
}
