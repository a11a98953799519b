/** Markdown: a table for each workload, one for the README, the targets, the bound. */
import type { Bound, Machinery } from './bound.ts';
import { type Contender, OURS } from './contenders.ts';
import type { Machine } from './machine.ts';
import type { Result, Row } from './measure.ts';
import { digits, shownSpread, spread } from './statistics.ts';
import type { Judged } from './targets.ts';
import type { Workload } from './workloads.ts';

/** So many rivals of a workload are in the summary, the nearest first. */
const NEAREST = 4;

const bold = (name: string) => (name === OURS ? `**${name}**` : name);
/** Two decimals, fewer of great ones. */
const ratioText = (ratio: number) => ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0);
const median = ({ costs }: Row) => spread(costs).median;

export function workloadTable({ workload, rows }: Result): string {
  const { metric, name, title, kind } = workload;
  const cold = kind === 'cold';
  const head = ['', metric.title, 'ratio', ...(cold ? ['with the import'] : [])];
  const [ours] = rows;
  const lines = rows.map((row) => {
    const scaled = row.scaled ? ' ¹' : '';
    const ratio = ours === undefined ? Number.NaN : median(row) / median(ours);
    const figure = `${shownCosts(row.costs, workload)}${scaled}`;
    return [bold(row.contender), figure, ratioText(ratio), ...(cold ? [withImport(row, workload)] : [])];
  });
  const notes = [...collectNotes(rows), ...(rows.some(({ scaled }) => scaled) ? [scaledNote(workload, rows)] : [])];
  return [`### ${name}`, `${title}.`, table(head, lines), ...notes].join('\n\n');
}

/** Of a smoke test: who checkAgrees in what. Its times would mean nothing. */
export function agreementTable({ workload: { name, title }, rows }: Result): string {
  const lines = rows.map(({ contender, verified }) => [bold(contender), verified]);
  return [`### ${name}`, `${title}: sizes are small.`, table(['', 'checkAgrees in'], lines)].join('\n\n');
}

function shownCosts(costs: readonly number[], { metric }: Workload): string {
  return `${shownSpread(costs.map(metric.shown))} ${metric.unit}`;
}

function withImport({ costs, importSeconds = [] }: Row, workload: Workload): string {
  const sums = costs.map((cost, i) => cost + (importSeconds[i] ?? Number.NaN));
  return shownCosts(sums, workload);
}

function collectNotes(rows: readonly Row[]): string[] {
  return rows.flatMap(({ contender, linearBytes, verified }) => {
    const linear =
      linearBytes === undefined ? [] : [`${contender} has ${digits(linearBytes / 1e6)} MB of linear memory.`];
    return verified.startsWith('accuracy') ? [...linear, `${contender} trains on another loss: ${verified}.`] : linear;
  });
}

function scaledNote({ name, metric }: Workload, rows: readonly Row[]): string {
  const scaled = rows.filter((row) => row.scaled);
  const list = scaled.map(({ contender, samples = 0 }) => `${contender} ${samples.toLocaleString('en-US')}`);
  const verb = metric.unit === 's' ? 'Measured on fewer samples and scaled' : 'Measured on fewer samples';
  return `¹ ${verb}: ${list.join(', ')}.${name === 'memory' ? ' The set is read whole all the same.' : ''}`;
}

/** A line for each workload: ours, and how many times as long the nearest others take. */
export function summaryTable(results: readonly Result[]): string {
  const lines = results.map(({ workload, rows }) => {
    const [ours, ...others] = rows;
    if (ours === undefined) return [];
    const nearest = others
      .filter(({ contender }) => !contender.startsWith(OURS))
      .map((row) => ({ name: row.contender, ratio: median(row) / median(ours) }))
      .sort((one, other) => one.ratio - other.ratio)
      .slice(0, NEAREST);
    const figure = `${digits(workload.metric.shown(median(ours)))} ${workload.metric.unit}`;
    const rivals = nearest.map(({ name, ratio }) => `${name} ${ratioText(ratio)} ×`).join(' · ');
    return [workload.title, figure, rivals];
  });
  return table(['', OURS, 'others, in multiples of it'], lines);
}

export function targetTable(judged: readonly Judged[]): string {
  const lines = judged.map(({ text, target, measured, verdict }) => [text, target, measured, verdict]);
  return table(['', 'target', 'measured', ''], lines);
}

export function boundTable(bounds: readonly Bound[], { simd128, native }: Machinery): string {
  const giga = (rate: number) => digits(rate / 1e9);
  const micro = (seconds: number) => `${digits(seconds * 1e6)} µs`;
  const rates = [
    `A core of this machine reads ${giga(simd128.readLarge)} GB/s from 1 MB and ${giga(simd128.readSmall)} from 16 KB by vectors of 128 bits,`,
    `updates ${giga(simd128.updateLarge)} and ${giga(simd128.updateSmall)} GB/s, and does ${giga(2 * simd128.multiplyAdds)} GFLOP/s in 128 bits without fused multiply-add,`,
    `${giga(2 * native.multiplyAdds)} in ${8 * native.width} bits as its compiler likes best.`,
  ].join(' ');
  const lines = bounds.map((bound) => [
    bound.workload,
    digits(bound.multiplyAdds / 1e3),
    `${digits((bound.readBytes + bound.updatedBytes) / 1e3)} KB`,
    micro(bound.arithmetic),
    micro(bound.wide),
    micro(bound.memory),
    micro(bound.taken),
    `${((100 * Math.max(bound.arithmetic, bound.memory)) / bound.taken).toFixed(0)} %`,
  ]);
  const head = [
    'of one sample',
    'thousand multiply-adds',
    'weights read and updated',
    'least by 128-bit arithmetic',
    'least by the widest',
    'least by memory',
    OURS,
    'of the bound',
  ];
  return [rates, table(head, lines)].join('\n\n');
}

export function footer({ cpu, cores, clock, node }: Machine, rounds: number, present: readonly Contender[]): string {
  const speed = clock === undefined ? '' : ` at ${digits(clock / 1e9)} GHz`;
  const times = `${rounds} round${rounds === 1 ? '' : 's'}`;
  const versions = present.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [
    'A ratio is how many times as long another takes, or as much memory, as edge-mlp.',
    `Median (least–greatest) of ${times}, each contender on one of ${cores} cores of ${cpu}${speed}, Node ${node}.`,
    `Versions: ${versions}.`,
  ].join('\n');
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), `|${'---|'.repeat(head.length)}`, ...lines.map(row)].join('\n');
}
