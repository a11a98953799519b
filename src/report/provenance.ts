/** Where a report comes from, and how to make it again. */
import type { MeasuredRun } from '../experiments/run.ts';
import type { Run } from '../experiments/summary.ts';
import { dataTable, type Html, html } from './html.ts';
import { counted, integer } from './numbers.ts';

export interface Provenance {
  /** Makes the report again. */
  readonly command: string;
  readonly version: string;
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string; readonly node: string };
  readonly threads: number;
  /** From the start of the command, without the writing of the report. */
  readonly seconds: number;
  /** Of the runs alone, by the clock on the wall. */
  readonly runSeconds: number;
  readonly kernelsSha256: string;
  readonly data: readonly { readonly name: string; readonly samples: number; readonly sha256: string }[];
}

export function provenanceSection(provenance: Provenance, runs: readonly Run[]): Html {
  const { command, version, date, machine, threads, seconds, runSeconds, kernelsSha256, data } = provenance;
  const kept = runs.filter((run) => run.kept).length;
  const rows: [string, string | Html][] = [
    ['made by', html`<code>${command}</code>`],
    ['edge-mlp', `${version}, ${date}`],
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}`],
    [
      'time',
      `${seconds.toFixed(1)} s, ${runSeconds.toFixed(1)} of them for the runs, on ${counted(threads, 'thread')}${kept > 0 ? `; ${kept} of ${runs.length} runs were kept from before` : ''}`,
    ],
    ['kernels, SHA-256', html`<code>${kernelsSha256}</code>`],
    ...data.map(({ name, samples, sha256 }): [string, Html] => [
      `${name}, ${integer(samples)} samples, SHA-256`,
      html`<code>${sha256}</code>`,
    ]),
  ];
  return html`<div class="plain">${dataTable(['', ''], rows)}</div>
<h3>Runs</h3>
<p>The same command gives the same weights, to the last bit, on every machine and with every number of threads.</p>
${runTable(runs)}`;
}

/** What tells runs apart, and what they came to; what all have in common is no column. */
function runTable(runs: readonly Run[]): Html {
  const columns: [title: string, always: boolean, text: (run: Run) => string | Html][] = [
    ['network', true, ({ spec }) => `${spec.layers.join('-')} ${spec.hiddenActivation}`],
    ['initial weights', false, ({ spec }) => spec.initialisation],
    ['data', false, ({ spec }) => spec.data],
    ['learning rate', true, ({ spec }) => String(spec.training.learningRate)],
    ['batch', false, ({ spec }) => String(spec.training.batchSize)],
    ['momentum', false, ({ spec }) => String(spec.training.momentum)],
    ['weight decay', false, ({ spec }) => String(spec.training.weightDecay)],
    ['epochs', true, ({ spec }) => String(spec.training.epochs)],
    ['seed', true, ({ spec }) => String(spec.training.seed)],
    ['seconds', true, ({ outcome }) => (outcome.status === 'failed' ? 'failed' : secondsOf(outcome).toFixed(1))],
    ['weights, SHA-256 begins', true, ({ weightsSha256 }) => html`<code>${weightsSha256?.slice(0, 16) ?? '–'}</code>`],
  ];
  const shown = columns.filter(([, always, text]) => always || new Set(runs.map(text)).size > 1);
  return dataTable(
    shown.map(([title]) => title),
    runs.map((run) => shown.map(([, , text]) => text(run))),
  );
}

function secondsOf({ epochs }: MeasuredRun): number {
  return epochs.reduce((sum, { seconds }) => sum + seconds, 0);
}
