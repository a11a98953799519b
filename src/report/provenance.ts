/** Where a report comes from, and how to make it again. */
import { type Run, succeeded } from '../experiments/summary.ts';
import { dataTable, type Html, html } from './html.ts';
import { integer } from './numbers.ts';

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
      `${seconds.toFixed(1)} s, ${runSeconds.toFixed(1)} of them for the runs, on ${threads} threads${kept > 0 ? `; ${kept} of ${runs.length} runs were kept from before` : ''}`,
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

function runTable(runs: readonly Run[]): Html {
  const rows = runs.map(({ spec, outcome, weightsSha256 }) => {
    const { learningRate, batchSize, epochs, seed } = spec.training;
    const seconds = succeeded([{ spec, outcome, weightsSha256, kept: false }])
      .flatMap((run) => run.outcome.epochs)
      .reduce((sum, epoch) => sum + epoch.seconds, 0);
    return [
      `${spec.layers.join('-')} ${spec.hiddenActivation}`,
      ...[spec.data, String(learningRate), String(batchSize), String(epochs), String(seed)],
      outcome.status === 'failed' ? 'failed' : seconds.toFixed(1),
      html`<code>${weightsSha256?.slice(0, 16) ?? '–'}</code>`,
    ];
  });
  const header = ['network', 'data', 'learning rate', 'batch', 'epochs', 'seed', 'seconds', 'weights, SHA-256 begins'];
  return dataTable(header, rows);
}
