/** The provenance section of a report: command, machine, versions, data, runs. */
import { formatActivation } from '../../src/core/spec.ts';
import type { MeasuredRun } from '../../src/format/run-file.ts';
import type { Machine } from '../machine.ts';
import { formatCount, integer } from '../numbers.ts';
import { describeVectors, type Widening } from '../training/widening.ts';
import { dataTable, type Html, html } from './html.ts';
import type { Run } from './summary.ts';

export type Provenance = CommonProvenance & (OnMachine | OnService);

interface OnMachine {
  readonly machine: Machine;
  readonly threads: number;
  readonly widening: Widening;
  readonly kernelsSha256: string;
}

interface OnService {
  readonly service: string;
  readonly concurrency: number;
}

interface CommonProvenance {
  /** The command that repeats the report. */
  readonly command: string;
  readonly version: string;
  readonly date: string;
  /** Elapsed time of the command until the report is written. */
  readonly seconds: number;
  /** Elapsed time of the runs. */
  readonly runSeconds: number;
  /** `sha256` is null for data of a service. */
  readonly data: readonly { readonly name: string; readonly samples: number; readonly sha256: string | null }[];
}

export function provenanceSection(provenance: Provenance, runs: readonly Run[]): Html {
  const { command, version, date, seconds, runSeconds, data } = provenance;
  const kept = runs.filter((run) => run.kept).length;
  const cached = kept > 0 ? `; ${kept} of ${runs.length} runs came from the cache` : '';
  const rows: [string, string | Html][] = [
    ['command', html`<code>${command}</code>`],
    ['edge-mlp', `${version}, ${date}`],
    placeRow(provenance),
    [
      'time',
      `${seconds.toFixed(1)} s, including ${runSeconds.toFixed(1)} s for runs ${concurrencyText(provenance)}${cached}`,
    ],
    ...('machine' in provenance ? machineRows(provenance) : []),
    ...data.map(({ name, samples, sha256 }) => hashRow(`${name}, ${integer(samples)} samples`, sha256)),
  ];
  return html`<div class="plain">${dataTable(['', ''], rows)}</div>
<h3>Runs</h3>
<p>The same command gives bit-identical weights on every machine and with any number of threads.</p>
${runTable(runs)}`;
}

function placeRow(provenance: Provenance): [string, string] {
  if ('service' in provenance) return ['service', provenance.service];
  return ['machine', machineText(provenance.machine)];
}

export function machineText({ cpu, cores, platform, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${platform}, Node ${node}`;
}

function machineRows({ widening, kernelsSha256 }: OnMachine): [string, string | Html][] {
  return [['vectors', describeVectors(widening)], hashRow('kernels', kernelsSha256)];
}

function concurrencyText(provenance: Provenance): string {
  if ('service' in provenance) return `as ${formatCount(provenance.concurrency, 'concurrent job')}`;
  return `on ${formatCount(provenance.threads, 'thread')}`;
}

function hashRow(name: string, sha256: string | null): [string, string | Html] {
  return sha256 === null ? [name, 'stored by the service'] : [`${name}, SHA-256`, html`<code>${sha256}</code>`];
}

/** Options that differ between runs, and results. */
function runTable(runs: readonly Run[]): Html {
  const columns: [title: string, always: boolean, text: (run: Run) => string | Html][] = [
    ['network', true, ({ spec }) => `${spec.layers.join('-')} ${formatActivation(spec.hiddenActivation)}`],
    ['initial weights', false, ({ spec }) => spec.initialisation],
    ['data', false, ({ spec }) => spec.data],
    ['learning rate', true, ({ spec }) => String(spec.training.learningRate)],
    ['batch', false, ({ spec }) => String(spec.training.batchSize)],
    ['momentum', false, ({ spec }) => String(spec.training.momentum)],
    ['weight decay', false, ({ spec }) => String(spec.training.weightDecay)],
    ['dropout', false, ({ spec }) => String(spec.training.dropout)],
    ['epochs', true, ({ spec }) => String(spec.training.epochs)],
    ['seed', true, ({ spec }) => String(spec.training.seed)],
    ['seconds', true, ({ outcome }) => (outcome.status === 'failed' ? 'failed' : sumSeconds(outcome).toFixed(1))],
    [
      'weights, start of SHA-256',
      true,
      ({ weightsSha256 }) => html`<code>${weightsSha256?.slice(0, 16) ?? '–'}</code>`,
    ],
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
