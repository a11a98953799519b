/** Permutation importance in reports. */
import type { Dataset } from '../../src/core/dataset.ts';
import { sampleCount } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { permutationImportance } from '../../src/core/permutation-importance.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { exactDecimals } from './exact.ts';
import { dataTable, type Html, html } from './html.ts';

const REPEATS = 5;
/** Multiply-adds: a few seconds. */
const MOST_WORK = 2e10;
const FEATURES_SHOWN = 40;

/** The section of a table; undefined for images. */
export function importanceSection(mlp: Mlp, measured: Dataset): Html | undefined {
  if (measured.imageShape !== undefined) return undefined;
  const columns = measured.tableColumns?.length ?? measured.columns;
  const work = REPEATS * columns * sampleCount(measured) * parameterCount(mlp.spec.layers);
  if (work > MOST_WORK) {
    return html`<h2>Importance of the features</h2>
<p>Omitted, because it would take long: run <code>edge-mlp evaluate MODEL --importance</code>.</p>`;
  }
  const { features } = permutationImportance(mlp, measured, { repeats: REPEATS });
  const sorted = features.toSorted((a, b) => b.mean - a.mean);
  const rows = sorted.slice(0, FEATURES_SHOWN).map(({ name, mean, standardDeviation }) => {
    return [name, exactDecimals(mean), exactDecimals(standardDeviation)];
  });
  const rest = sorted.length > rows.length ? ` The first ${rows.length} of ${sorted.length} features.` : '';
  return html`<h2>Importance of the features</h2>
<p>Decrease of the accuracy if the values of a feature are permuted among the samples, mean and standard deviation of ${REPEATS} permutations.${rest}</p>
${dataTable(['feature', 'decrease', 'deviation'], rows)}`;
}
