/** Confusion matrix and metrics by class. */
import type { ClassMetrics, ConfusionMatrix } from '../../src/core/metrics.ts';
import { percent } from '../numbers.ts';
import { dataTable, type Html, html } from './html.ts';

/** A larger matrix is not readable. */
const MATRIX_CLASSES = 30;

/** Rows are true classes, columns are predicted classes. Colour strength shows the count. */
export function confusionTable(confusion: ConfusionMatrix, classes: readonly string[]): Html {
  if (classes.length > MATRIX_CLASSES)
    return html`<p>The confusion matrix is omitted: ${classes.length} classes are too many for a page.</p>`;
  const worst = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)));
  const best = Math.max(1, ...confusion.map((row, label) => row[label] ?? 0));
  const cell = (count: number, correct: boolean) => {
    const share = Math.round((70 * count) / (correct ? best : worst));
    const kind = count === 0 ? 'zero' : correct ? 'correct' : 'wrong';
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
