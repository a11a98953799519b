/** The result of a run in this browser on its validation samples: a confusion matrix, or measures of each target. */
import type { Job } from '../../src/client/index.ts';
import type { AnyEvaluation } from '../../src/core/measures.ts';
import type { ConfusionMatrix } from '../../src/core/metrics.ts';
import { createElement, findElement } from '../dom.ts';
import { formatInteger, formatPercent, formatSignificant } from '../format.ts';
import { findRun } from '../local/local-jobs.ts';
import { isLocal } from '../local/local-run.ts';

/** Classes of a matrix that fits a screen. More are listed by their recall. */
const MAX_MATRIX = 12;

export class JobEvaluation {
  readonly #host = findElement('panel-evaluation');
  #shown = '';
  #ready = Promise.resolve();

  /** Reserves the place of the evaluation, which only jobs of this browser have. */
  open(id: string): void {
    this.#shown = '';
    this.#host.hidden = true;
    findElement('panel-outcome').classList.toggle('pair', isLocal(id));
  }

  /** Shows the evaluation of a job of this browser that has succeeded. Resolves when it is shown. */
  show({ id, state, updated }: Job): Promise<void> {
    const key = `${id} ${updated}`;
    if (isLocal(id) && state.status === 'succeeded' && this.#shown !== key) {
      this.#shown = key;
      this.#ready = this.#read(id, key, state.result.weightsSha256);
    }
    return this.#ready;
  }

  async #read(id: string, key: string, sha256: string): Promise<void> {
    const run = await findRun(id);
    if (run === undefined || this.#shown !== key) return;
    const { evaluation, classes = [] } = run;
    const hash = createElement('p', 'Weights, SHA-256: ', createElement('code', sha256));
    hash.className = 'help hash';
    const parts = evaluation === undefined ? [] : createEvaluation(evaluation, classes);
    this.#host.replaceChildren(...parts, ...(sha256 === '' ? [] : [hash]));
    this.#host.hidden = false;
  }
}

function createEvaluation(evaluation: AnyEvaluation, classes: readonly string[]): HTMLElement[] {
  const title = createElement('h2', `Validation: ${formatInteger(evaluation.samples)} samples`);
  if ('targets' in evaluation) {
    const rows = evaluation.targets.map(({ name, r2, rmse, mae }) => [
      name,
      r2.toFixed(4),
      ...[rmse, mae].map(formatSignificant),
    ]);
    return [title, createTable('Targets', ['Target', 'R²', 'RMSE', 'MAE'], rows)];
  }
  if (classes.length <= MAX_MATRIX) return [title, createMatrix(evaluation.confusion, classes)];
  const rows = evaluation.classes.map(({ label, support, precision, recall }) => [
    classes[label] ?? String(label),
    formatInteger(support),
    formatPercent(recall),
    formatPercent(precision),
  ]);
  return [title, createTable('Classes', ['Class', 'Samples', 'Recall', 'Precision'], rows)];
}

/** Rows are true classes, columns are predictions. Cells are shaded by their share of the row. */
function createMatrix(confusion: ConfusionMatrix, classes: readonly string[]): HTMLElement {
  const rows = confusion.map((row, label) => [classes[label] ?? String(label), ...row.map(formatInteger)]);
  const section = createTable('Confusion matrix', ['True class', ...classes], rows);
  section.classList.add('confusion');
  for (const [label, row] of [...section.querySelectorAll('tbody tr')].entries()) {
    const counts = confusion[label] ?? [];
    const total = counts.reduce((sum, count) => sum + count, 0);
    for (const [predicted, cell] of [...row.querySelectorAll('td')].entries()) {
      const share = total === 0 ? 0 : (counts[predicted] ?? 0) / total;
      cell.style.setProperty('--share', String(Math.round(100 * Math.sqrt(share))));
      cell.className = predicted === label ? 'hit' : 'miss';
      cell.title = `${classes[label]} predicted as ${classes[predicted]}: ${counts[predicted]} of ${total}`;
    }
  }
  return section;
}

function createTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const titles = head.map((text) => Object.assign(createElement('th', text), { scope: 'col' }));
  const lines = rows.map(([name = '', ...cells]) => {
    const title = Object.assign(createElement('th', name), { scope: 'row' });
    return createElement('tr', title, ...cells.map((text) => createElement('td', text)));
  });
  const table = createElement(
    'table',
    createElement('caption', caption),
    createElement('thead', createElement('tr', ...titles)),
    createElement('tbody', ...lines),
  );
  // Focusable, so that it can be scrolled by keyboard.
  return Object.assign(createElement('section', table), { className: 'epochs', ariaLabel: caption, tabIndex: 0 });
}
