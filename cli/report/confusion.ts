/** Who is taken for whom. */
import type { ClassMetrics, ConfusionMatrix } from '../../src/core/metrics.ts';
import { dataTable, type Html, html } from './html.ts';
import { percent } from './numbers.ts';

/** Above so many classes a matrix is no longer read. */
const MATRIX_CLASSES = 30;

/** Rows are the true class, columns the predicted one; the stronger a cell's colour, the more of its kind. */
export function confusionTable(confusion: ConfusionMatrix, classes: readonly string[]): Html {
  if (classes.length > MATRIX_CLASSES) return html`<p>${classes.length} classes: too many for a matrix on a page.</p>`;
  const worst = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)));
  const best = Math.max(1, ...confusion.map((row, label) => row[label] ?? 0));
  const cell = (count: number, right: boolean) => {
    const share = Math.round((70 * count) / (right ? best : worst));
    const kind = count === 0 ? 'zero' : right ? 'right' : 'wrong';
    return html`<td class="${kind}" style="--share: ${share}">${count}</td>`;
  };
  return html`<div class="wide"><table class="matrix">
<thead><tr><th scope="col">true \\ predicted</th>${classes.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${confusion.map(
    (row, label) =>
      html`<tr><th scope="row">${classes[label]}</th>${row.map((count, predicted) => cell(count, predicted === label))}</tr>\n`,
  )}</tbody>
</table></div>`;
}

/** Precision, recall and F1 of every class. */
export function classTable(classes: readonly ClassMetrics[], names: readonly string[]): Html {
  const rows = classes.map(({ label, support, precision, recall, f1 }) => [
    names[label] ?? String(label),
    String(support),
    percent(precision),
    percent(recall),
    f1.toFixed(4),
  ]);
  return dataTable(['class', 'samples', 'precision', 'recall', 'F1'], rows);
}
