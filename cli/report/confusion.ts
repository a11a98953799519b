/** Confusion matrix and metrics by class. */
import { type ConfusionMatrix, classificationReport, type MeanMetrics } from '../../src/core/metrics.ts';
import type { RocAucScore } from '../../src/core/scores.ts';
import { integer, percent } from '../numbers.ts';
import { exact } from './exact.ts';
import { dataTable, type Html, html } from './html.ts';

/** A larger matrix is not readable. */
const MATRIX_CLASSES = 30;
const PAIRS_SHOWN = 20;
/** Longer names stand upright above their columns. */
const SHORT_NAME = 3;

/** Rows are true classes, columns are predicted classes. With many classes, the most frequent mistakes. */
export function confusionTable(confusion: ConfusionMatrix, classes: readonly string[]): Html {
  return classes.length > MATRIX_CLASSES ? mistakeTable(confusion, classes) : matrixTable(confusion, classes);
}

/** Colour strength shows the count. */
function matrixTable(confusion: ConfusionMatrix, classes: readonly string[]): Html {
  const worst = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)));
  const best = Math.max(1, ...confusion.map((row, label) => row[label] ?? 0));
  const cell = (count: number, correct: boolean) => {
    const share = Math.round((70 * count) / (correct ? best : worst));
    const kind = count === 0 ? 'zero' : correct ? 'correct' : 'wrong';
    return html`<td class="${kind}" style="--share: ${share}">${count}</td>`;
  };
  const upright = classes.some((name) => name.length > SHORT_NAME) ? ' upright' : '';
  return html`<p>Rows are true classes, columns are predicted classes. Correct predictions are blue, mistakes are orange.</p>
<div class="wide" tabindex="0"><table class="matrix${upright}">
<thead><tr><th scope="col">true \\ predicted</th>${classes.map((name) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead>
<tbody>${confusion.map(
    (row, label) =>
      html`<tr><th scope="row">${classes[label]}</th>${row.map((count, predicted) => cell(count, predicted === label))}</tr>\n`,
  )}</tbody>
</table></div>`;
}

/** Pairs of true and predicted classes. */
function mistakeTable(confusion: ConfusionMatrix, classes: readonly string[]): Html {
  const pairs = confusion.flatMap((row, label) =>
    row.flatMap((count, predicted) => (count === 0 || predicted === label ? [] : [{ label, predicted, count }])),
  );
  const shown = pairs.toSorted((a, b) => b.count - a.count).slice(0, PAIRS_SHOWN);
  const rows = shown.map(({ label, predicted, count }) => [
    classes[label] ?? '',
    classes[predicted] ?? '',
    integer(count),
  ]);
  return html`<p>A matrix of ${classes.length} classes would not fit the page. The ${shown.length} most frequent of ${integer(pairs.length)} kinds of mistakes:</p>
<div class="names">${dataTable(['true', 'predicted', 'samples'], rows)}</div>`;
}

/** Precision, recall and F1 score of each class, and their means; with probabilities, areas under the ROC curves. */
export function classTable(confusion: ConfusionMatrix, names: readonly string[], rocAuc?: RocAucScore): Html {
  const { classes, macro, weighted } = classificationReport(confusion);
  const samples = classes.reduce((sum, { support }) => sum + support, 0);
  const cells = (name: string, support: number, { precision, recall, f1 }: MeanMetrics, area?: number | null) => [
    name,
    integer(support),
    exact(precision, (value) => percent(value, 1)),
    exact(recall, (value) => percent(value, 1)),
    exact(f1, (value) => value.toFixed(3)),
    ...(rocAuc === undefined ? [] : [area?.toFixed(3) ?? '']),
  ];
  const rows = classes.map((metrics) => {
    const { label, support } = metrics;
    return cells(names[label] ?? String(label), support, metrics, rocAuc?.classes[label]);
  });
  rows.push(cells('macro mean', samples, macro, rocAuc?.macro), cells('weighted mean', samples, weighted));
  const header = ['class', 'samples', 'precision', 'recall', 'F1', ...(rocAuc === undefined ? [] : ['ROC AUC'])];
  return dataTable(header, rows);
}
