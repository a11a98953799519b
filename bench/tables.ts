/** Markdown tables: one per workload, the summary, the targets and the lower bounds. */
import type { Bound, Machinery } from './bound.ts';
import { type Contender, OURS } from './contenders.ts';
import type { Machine } from './machine.ts';
import type { Result, Row } from './measure.ts';
import { computeSpread, formatNumber, formatSpread } from './statistics.ts';
import type { Judgement } from './targets.ts';
import type { Workload } from './workloads.ts';

/** Number of other contenders per workload in the summary, closest first. */
const MAX_RIVALS = 4;

const emphasize = (name: string) => (name === OURS ? `**${name}**` : name);
/** Two decimals, fewer for large ratios. */
const formatRatio = (ratio: number) => ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0);
const findMedian = ({ costs }: Row) => computeSpread(costs).median;

export function formatWorkload({ workload, rows }: Result): string {
  const { metric, name, title, kind } = workload;
  const cold = kind === 'cold';
  const head = ['', metric.title, 'ratio', ...(cold ? ['including import'] : [])];
  const [ours] = rows;
  const lines = rows.map((row) => {
    const scaled = row.scaled ? ' ¹' : '';
    const ratio = ours === undefined ? Number.NaN : findMedian(row) / findMedian(ours);
    const figure = `${formatCosts(row.costs, workload)}${scaled}`;
    return [emphasize(row.contender), figure, formatRatio(ratio), ...(cold ? [addImport(row, workload)] : [])];
  });
  const notes = [
    ...collectNotes(rows),
    ...(rows.some(({ scaled }) => scaled) ? [formatScaledNote(workload, rows)] : []),
  ];
  return [`### ${name}`, `${title}.`, table(head, lines), ...notes].join('\n\n');
}

/** The compared values of a quick run, without times. */
export function formatAgreement({ workload: { name, title }, rows }: Result): string {
  const lines = rows.map(({ contender, verified }) => [emphasize(contender), verified]);
  return [`### ${name}`, `${title} (reduced sizes).`, table(['', 'compared values'], lines)].join('\n\n');
}

function formatCosts(costs: readonly number[], { metric }: Workload): string {
  return `${formatSpread(costs.map(metric.convert))} ${metric.unit}`;
}

function addImport({ costs, importSeconds = [] }: Row, workload: Workload): string {
  const totals = costs.map((cost, i) => cost + (importSeconds[i] ?? Number.NaN));
  return formatCosts(totals, workload);
}

function collectNotes(rows: readonly Row[]): string[] {
  return rows.flatMap(({ contender, linearBytes, verified }) => {
    const linear =
      linearBytes === undefined
        ? []
        : [`${contender} uses ${formatNumber(linearBytes / 1e6)} MB of WebAssembly memory.`];
    return verified.startsWith('accuracy')
      ? [...linear, `${contender} trains on a different loss: ${verified}.`]
      : linear;
  });
}

function formatScaledNote({ name, metric }: Workload, rows: readonly Row[]): string {
  const scaled = rows.filter((row) => row.scaled);
  const list = scaled.map(({ contender, samples = 0 }) => `${contender} ${samples.toLocaleString('en-US')}`);
  const verb = metric.unit === 's' ? 'Measured on fewer samples and scaled' : 'Measured on fewer samples';
  return `¹ ${verb}: ${list.join(', ')}.${name === 'memory' ? ' The whole data set is loaded.' : ''}`;
}

/** One row per workload: edge-mlp's median, and the closest other contenders as multiples of it. */
export function formatSummary(results: readonly Result[]): string {
  const lines = results.map(({ workload, rows }) => {
    const [ours, ...others] = rows;
    if (ours === undefined) return [];
    const closest = others
      .filter(({ contender }) => !contender.startsWith(OURS))
      .map((row) => ({ name: row.contender, ratio: findMedian(row) / findMedian(ours) }))
      .sort((one, other) => one.ratio - other.ratio)
      .slice(0, MAX_RIVALS);
    const figure = `${formatNumber(workload.metric.convert(findMedian(ours)))} ${workload.metric.unit}`;
    const rivals = closest.map(({ name, ratio }) => `${name} ${formatRatio(ratio)} ×`).join(' · ');
    return [workload.title, figure, rivals];
  });
  return table(['', OURS, 'others, as a multiple of edge-mlp'], lines);
}

export function formatTargets(judged: readonly Judgement[]): string {
  const lines = judged.map(({ text, target, measured, verdict }) => [text, target, measured, verdict]);
  return table(['', 'target', 'measured', ''], lines);
}

export function formatBounds(bounds: readonly Bound[], { simd128, native }: Machinery): string {
  const giga = (rate: number) => formatNumber(rate / 1e9);
  const micro = (seconds: number) => `${formatNumber(seconds * 1e6)} µs`;
  const rates = [
    `One core reads ${giga(simd128.readLarge)} GB/s from 1 MB and ${giga(simd128.readSmall)} GB/s from 16 KB with 128-bit vectors.`,
    `It updates ${giga(simd128.updateLarge)} and ${giga(simd128.updateSmall)} GB/s.`,
    `It computes ${giga(2 * simd128.multiplyAdds)} GFLOP/s with 128-bit vectors without fused multiply-add,`,
    `and ${giga(2 * native.multiplyAdds)} GFLOP/s with ${8 * native.width}-bit vectors and the compiler's choice of instructions.`,
  ].join(' ');
  const lines = bounds.map((bound) => [
    bound.workload,
    formatNumber(bound.multiplyAdds / 1e3),
    `${formatNumber((bound.readBytes + bound.updatedBytes) / 1e3)} KB`,
    micro(bound.arithmetic),
    micro(bound.wide),
    micro(bound.memory),
    micro(bound.measured),
    `${((100 * Math.max(bound.arithmetic, bound.memory)) / bound.measured).toFixed(0)} %`,
  ]);
  const head = [
    'per sample',
    'thousand multiply-adds',
    'weights read and updated',
    'bound by 128-bit arithmetic',
    'bound by the widest vectors',
    'bound by memory',
    OURS,
    'share of the bound',
  ];
  return [rates, table(head, lines)].join('\n\n');
}

export function formatFooter(
  { cpu, cores, clock, node }: Machine,
  rounds: number,
  present: readonly Contender[],
): string {
  const speed = clock === undefined ? '' : ` at ${formatNumber(clock / 1e9)} GHz`;
  const times = `${rounds} round${rounds === 1 ? '' : 's'}`;
  const versions = present.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [
    'Ratios are multiples of the time or memory of edge-mlp.',
    `Median (min–max) of ${times}, each contender on one of ${cores} cores of ${cpu}${speed}, Node ${node}.`,
    `Versions: ${versions}.`,
  ].join('\n');
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), `|${'---|'.repeat(head.length)}`, ...lines.map(row)].join('\n');
}
