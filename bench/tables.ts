/** Markdown tables: one per workload, the summary, four rows for README.md, the targets and the lower bounds. */
import type { Blas } from './blas.ts';
import type { Bound, Machinery } from './bound.ts';
import { type Contender, OURS, WIDENED } from './contenders.ts';
import type { Machine } from './machine.ts';
import type { Result, Row } from './measure.ts';
import { computeSpread, formatNumber, formatSpread } from './statistics.ts';
import type { Judgement, Verdict } from './targets.ts';
import type { Workload } from './workloads.ts';

/** Number of other contenders per workload in the summary, closest first. */
const MAX_RIVALS = 4;

const emphasize = (name: string) => (name === OURS || name === WIDENED ? `**${name}**` : name);
/** Two decimals, fewer for large ratios. */
const formatRatio = (ratio: number) => ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0);
const findMedian = ({ costs }: Row) => computeSpread(costs).median;

/** The base of ratios: edge-mlp with widening, where it was measured. */
const findBase = (rows: readonly Row[]) => rows.find(({ contender }) => contender === WIDENED) ?? rows[0];

export function formatWorkload({ workload, rows }: Result): string {
  const { metric, name, title, kind } = workload;
  const cold = kind === 'cold';
  const head = ['', metric.title, 'ratio', ...(cold ? ['including import'] : [])];
  const base = findBase(rows);
  const lines = rows.map((row) => {
    const scaled = row.scaled ? ' ¹' : '';
    const ratio = base === undefined ? Number.NaN : findMedian(row) / findMedian(base);
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

interface Rival {
  readonly name: string;
  /** Cost as a multiple of edge-mlp's. */
  readonly ratio: number;
}

/** The contenders other than edge-mlp, closest first. */
function listRivals({ rows }: Result): Rival[] {
  const base = findBase(rows);
  if (base === undefined) return [];
  return rows
    .filter(({ contender }) => !contender.startsWith(OURS))
    .map((row) => ({ name: row.contender, ratio: findMedian(row) / findMedian(base) }))
    .sort((one, other) => one.ratio - other.ratio);
}

/** edge-mlp's medians without and with widening. */
function formatOurs({ workload: { metric }, rows }: Result): string[] {
  return [OURS, WIDENED].map((name) => {
    const row = rows.find(({ contender }) => contender === name);
    return row === undefined ? '' : `${formatNumber(metric.convert(findMedian(row)))} ${metric.unit}`;
  });
}

/** One row per workload: edge-mlp's medians, and the closest other contenders as multiples of the second. */
export function formatSummary(results: readonly Result[]): string {
  const lines = results.map((result) => {
    const rivals = listRivals(result).slice(0, MAX_RIVALS);
    const ratios = rivals.map(({ name, ratio }) => `${name} ${formatRatio(ratio)} ×`).join(' · ');
    return [result.workload.title, ...formatOurs(result), ratios];
  });
  return table(['', OURS, 'widened', 'others, as a multiple of edge-mlp, widened'], lines);
}

/** Rows of README.md before the last one. */
const README_WORKLOADS = ['sgd', 'batch-64', 'predict-1'];
/** The last row is the one of these that compares worst with its closest rival. */
const README_WEAK = ['dense-64', 'deep-64', 'predict-10000'];
const README_RIVALS = 3;

/** The table of README.md: three rows and the weakest one. Ratios of faster rivals are bold. */
export function formatReadme(results: readonly Result[], { cpu, node }: Machine): string {
  const choose = (names: readonly string[]) => results.filter(({ workload }) => names.includes(workload.name));
  const closest = (result: Result) => listRivals(result)[0]?.ratio ?? Number.POSITIVE_INFINITY;
  const weakest = choose(README_WEAK).sort((one, other) => closest(one) - closest(other));
  const lines = [...choose(README_WORKLOADS), ...weakest.slice(0, 1)].map((result) => {
    const rivals = listRivals(result).slice(0, README_RIVALS);
    const ratios = rivals.map(({ name, ratio }) =>
      ratio < 1 ? `${name} **${formatRatio(ratio)}×**` : `${name} ${formatRatio(ratio)}×`,
    );
    return [result.workload.title, ...formatOurs(result), ratios.join(', ')];
  });
  const others = "Other libraries: time divided by edge-mlp's with 256 bits";
  const head = [`One core of ${cpu}, Node ${node}`, 'edge-mlp, 128 bits', '256 bits', others];
  return table(head, lines);
}

export function formatTargets(judged: readonly Judgement[]): string {
  const cells = ({ target, measured, verdict }: Verdict) => [
    target,
    verdict === '' ? measured : `${measured}, ${verdict}`,
  ];
  const lines = judged.map(({ text, widened, plain }) => [text, ...cells(widened), ...cells(plain)]);
  return table(['', 'target, widened', 'measured', 'target, not widened', 'measured'], lines);
}

/** One line per Python contender: whether its BLAS ran with kernels for this processor. */
export function formatBlas(blas: readonly Blas[]): string {
  const lines = blas.map(({ contender, library, kernels, rate, share, best }) => {
    const figures = `${formatNumber(rate / 1e9)} GFLOP/s, ${(100 * share).toFixed(0)} % of the core's rate`;
    return `- ${contender}: ${library}, kernels for ${kernels}, ${figures}: ${best ? '' : 'not '}its best kernels.`;
  });
  return lines.join('\n');
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
  { cpu, cores, vectors, caches, node }: Machine,
  rounds: number,
  present: readonly Contender[],
): string {
  const core = [...(vectors === undefined ? [] : [vectors]), ...caches].join(', ');
  const times = `${rounds} round${rounds === 1 ? '' : 's'}`;
  const versions = present.map(({ name, version }) => `- ${name} ${version}`);
  return [
    'Ratios are multiples of the time or memory of edge-mlp, widened where it was measured: 2 × means twice as slow.',
    `Median (min–max) of ${times}, each contender on one of ${cores} cores of ${cpu}, Node ${node}. The commands of`,
    '`job` and `reproduce` run twice at most, on all cores.',
    ...(core === '' ? [] : [`The core: ${core}.`]),
    '',
    ...versions,
  ].join('\n');
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), `|${'---|'.repeat(head.length)}`, ...lines.map(row)].join('\n');
}
