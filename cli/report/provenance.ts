/** Where a report comes from, and how to make it again. */
import type { MeasuredRun } from '../../src/format/run-file.ts';
import type { Run } from '../experiments/summary.ts';
import { dataTable, type Html, html } from './html.ts';
import { formatCount, integer } from './numbers.ts';

export type Provenance = Made & (OnMachine | OnService);

/** Where the runs were performed: on threads of one machine … */
interface OnMachine {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string; readonly node: string };
  readonly threads: number;
  readonly kernelsSha256: string;
}

/** … or as jobs of a service, some at the same time. */
interface OnService {
  readonly service: string;
  readonly concurrency: number;
}

interface Made {
  /** Makes the report again. */
  readonly command: string;
  readonly version: string;
  readonly date: string;
  /** From the start of the command, without the writing of the report. */
  readonly seconds: number;
  /** Of the runs alone, by the clock on the wall. */
  readonly runSeconds: number;
  /** Without a hash where the samples are not here. */
  readonly data: readonly { readonly name: string; readonly samples: number; readonly sha256: string | null }[];
}

export function provenanceSection(provenance: Provenance, runs: readonly Run[]): Html {
  const { command, version, date, seconds, runSeconds, data } = provenance;
  const kept = runs.filter((run) => run.kept).length;
  const rows: [string, string | Html][] = [
    ['made by', html`<code>${command}</code>`],
    ['edge-mlp', `${version}, ${date}`],
    placeRow(provenance),
    [
      'time',
      `${seconds.toFixed(1)} s, ${runSeconds.toFixed(1)} of them for the runs, ${togetherText(provenance)}${kept > 0 ? `; ${kept} of ${runs.length} runs were kept from before` : ''}`,
    ],
    ...('machine' in provenance ? [hashRow('kernels', provenance.kernelsSha256)] : []),
    ...data.map(({ name, samples, sha256 }) => hashRow(`${name}, ${integer(samples)} samples`, sha256)),
  ];
  return html`<div class="plain">${dataTable(['', ''], rows)}</div>
<h3>Runs</h3>
<p>The same command gives the same weights, to the last bit, on every machine and with every number of threads.</p>
${runTable(runs)}`;
}

function placeRow(provenance: Provenance): [string, string] {
  if ('service' in provenance) return ['service', provenance.service];
  const { cpu, cores, platform, node } = provenance.machine;
  return ['machine', `${cpu}, ${cores} cores, ${platform}, Node ${node}`];
}

function togetherText(provenance: Provenance): string {
  if ('service' in provenance) return `${formatCount(provenance.concurrency, 'job')} at a time`;
  return `on ${formatCount(provenance.threads, 'thread')}`;
}

function hashRow(name: string, sha256: string | null): [string, string | Html] {
  return sha256 === null ? [name, 'at the service'] : [`${name}, SHA-256`, html`<code>${sha256}</code>`];
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
    ['seconds', true, ({ outcome }) => (outcome.status === 'failed' ? 'failed' : sumSeconds(outcome).toFixed(1))],
    ['weights, SHA-256 begins', true, ({ weightsSha256 }) => html`<code>${weightsSha256?.slice(0, 16) ?? '–'}</code>`],
  ];
  const shown = columns.filter(([, always, text]) => always || new Set(runs.map(text)).size > 1);
  return dataTable(
    shown.map(([title]) => title),
    runs.map((run) => shown.map(([, , text]) => text(run))),
  );
}

function sumSeconds({ epochs }: MeasuredRun): number {
  return epochs.reduce((sum, { seconds }) => sum + seconds, 0);
}
