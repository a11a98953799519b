/** The report of the assignment: a page, and a CSV file for each plot. */
import type { Kernels } from '../../../src/core/kernels.ts';
import { formatNats, integer, percent } from '../../numbers.ts';
import { lineChartFile } from '../../report/charts.ts';
import { epochChart } from '../../report/curves.ts';
import { DataFiles, type ReportFolder } from '../../report/data-files.ts';
import { spreadTile } from '../../report/exact.ts';
import { type Html, html, page, tiles } from '../../report/html.ts';
import { type Provenance, provenanceSection } from '../../report/provenance.ts';
import type { Run } from '../../report/summary.ts';
import type { ReproductionFigures, ReproductionTrials } from '../figures.ts';
import type { ReproductionData } from '../plan.ts';
import { derivativeSections } from './derivatives.ts';
import { ellipseSection } from './ellipse.ts';
import { finalSection } from './final.ts';
import { networkSections } from './network.ts';
import { question } from './questions.ts';
import { trainingSections } from './training.ts';

interface Reproduction {
  readonly kernels: Kernels;
  readonly trials: ReproductionTrials;
  /** Every run once, in the order of the questions. */
  readonly runs: readonly Run[];
  readonly figures: ReproductionFigures;
  readonly data: ReproductionData;
  readonly provenance: Provenance;
}

export async function reproductionReport(reproduction: Reproduction): Promise<ReportFolder> {
  const { kernels, trials, runs, figures, data, provenance } = reproduction;
  const files = new DataFiles();
  const body = html`
<h1>${data.final.training.name === 'mnist' ? 'MNIST' : 'Generated digits'}: from derivatives to a trained network</h1>
<p class="lead">All questions of a course assignment: the derivatives of softmax and cross-entropy, a 2-3-2 network by hand, and a 784-300-10 network trained by stochastic gradient descent in WebAssembly with several seeds and learning rates.</p>
${notice(data)}
${headTiles(reproduction)}
${contents()}
${derivativeSections(figures)}
<h2 id="q4">4 · A training loop</h2>
${question(4)}
${await ellipseSection(kernels, trials.ellipse, data.ellipse, figures[4], files)}
${networkSections(figures)}
${await trainingSections(trials, figures, files)}
<h2 id="q7-4">7.4 · The final model</h2>
${question('7.4')}
${await finalSection(trials, data.final, figures['7.4'], files)}
<h2 id="provenance">Provenance</h2>
${provenanceSection(provenance, runs)}
`;
  const network = `${figures[5].layers.join('-')} on ${data.split.training.name}`;
  const pictureTitle = `${network}: mean of ${figures['7.2'].seeds.length} runs`;
  files.text('picture.svg', await lineChartFile(epochChart(trials.repeat.runs, 'Loss'), pictureTitle));
  return { html: page('The course assignment', body), files: files.files };
}

function notice({ final }: ReproductionData): Html | undefined {
  if (final.training.name === 'mnist') return undefined;
  return html`<p class="notice"><b>Not MNIST.</b> These runs used ${integer(final.training.labels.length)} generated training digits, because MNIST was not found or not selected. The results show the method. They do not apply to MNIST and are not comparable with the assignment’s results.</p>`;
}

function headTiles({ figures, provenance, runs }: Reproduction): Html {
  const final = figures['7.4'];
  return tiles([
    ['test accuracy', spreadTile(final.testAccuracy, percent)],
    ['test loss, nats', spreadTile(final.testLoss, formatNats)],
    ['best learning rate', String(figures['7.3'].best ?? '–')],
    ['runs', String(runs.length)],
    ['seconds in total', provenance.seconds.toFixed(1)],
  ]);
}

function contents(): Html {
  const links: [string, string][] = [
    ['q1', '1 Derivatives'],
    ['q2', '2 Combined'],
    ['q3', '3 By hand'],
    ['q4', '4 Training loop'],
    ['q5', '5 Network'],
    ['q6', '6 Batches'],
    ['q7-1', '7.1 Curves'],
    ['q7-2', '7.2 Spread'],
    ['q7-3', '7.3 Learning rates'],
    ['q7-4', '7.4 Final model'],
    ['provenance', 'Provenance'],
  ];
  return html`<nav aria-label="Questions"><ul>${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>`;
}
