/** `data info`: size, classes and fingerprint of a data set, and the columns of a table. */

import type { Command } from 'commander';
import { type Dataset, density, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { CategoryStatistics, ColumnStatistics, NumberStatistics } from '../../src/data/column-statistics.ts';
import { countClasses, summarizeData, type TableSummary } from '../../src/data/data-summary.ts';
import { isCsv } from '../data/csv-file.ts';
import { addDataOptions } from '../data/options.ts';
import { type DataOptions, loadSource } from '../data/source.ts';
import { describeTarget } from '../data/summary.ts';
import { withFingerprint } from '../hash.ts';
import { formatCount, integer, percent, roundedNumber } from '../numbers.ts';
import { seedNumber } from '../options.ts';
import { bytesText, note, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
The columns of a table are measured before training scales them. Cells such as NA are counted as missing.

Examples:
  $ edge-mlp data info
  $ edge-mlp data info kmnist
  $ edge-mlp data info iris.csv
  $ edge-mlp data info iris.csv --label species --ignore id --json`;

export function addInfoCommand(data: Command): void {
  const text = 'show size, classes and SHA-256 of a data set, and statistics of the columns of a table';
  addDataOptions(data.command('info').description(text))
    .argument('[name]', 'data set, as in --data')
    .option('--seed <n>', 'seed of generated data', seedNumber, 1)
    .option('--json', 'print the result as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runInfo);
}

async function runInfo(name: string | undefined, options: DataOptions & { json?: boolean }): Promise<void> {
  if (name !== undefined && options.data !== undefined && name !== options.data) {
    throw new EdgeMlpError('bad-argument', `--data ${options.data} cannot be combined with the argument ${name}`);
  }
  const data = name ?? options.data;
  // A table that is only described may have missing cells.
  const missing = options.missing ?? (data !== undefined && isCsv(data) ? 'mean' : undefined);
  const source = await loadSource({ ...options, data, missing });
  const { classes } = source.training;
  const { table: columns, targets } = summarizeData(source);
  const parts = { training: source.training, ...(source.test === undefined ? {} : { test: source.test }) };
  const facts = Object.entries(parts).map(([part, dataset]) => [part, collectFacts(withFingerprint(dataset))] as const);
  if (options.json) {
    return printJson({
      name: source.name,
      classes,
      targets,
      ...Object.fromEntries(facts),
      ...summarizeColumns(columns),
    });
  }
  const outputs = targets === undefined ? `${classes.length} classes` : formatCount(targets.length, 'target');
  print(`${source.name}: ${outputs}`);
  for (const [part, { samples, inputs, bytes, nonZero, classes, sha256 }] of facts) {
    const counts = Object.entries(classes).map(([name, count]) => `${name}: ${integer(count)}`);
    print('', part);
    print(`  samples   ${integer(samples)} of ${inputs} inputs, ${bytesText(bytes)}, ${percent(nonZero, 1)} non-zero`);
    if (targets === undefined) print(`  classes   ${counts.join(' · ')}`);
    print(`  SHA-256   ${sha256}`);
  }
  if (targets !== undefined) print('', ...targets.map(describeTarget));
  if (columns !== undefined) printColumns(columns);
}

/** Part of the output of `data info --json`. Nothing is filled here. */
function summarizeColumns(columns: TableSummary | undefined): object {
  if (columns === undefined) return {};
  const { fill: _, ...table } = columns;
  return { table };
}

function collectFacts(dataset: Dataset) {
  return {
    samples: sampleCount(dataset),
    inputs: dataset.columns,
    bytes: dataset.inputs.byteLength,
    nonZero: density(dataset),
    classes: countClasses(dataset),
    sha256: dataset.sha256,
  };
}

function printColumns({ columns, ignored, dropped }: TableSummary): void {
  const isNumber = (column: ColumnStatistics): column is NumberStatistics => column.kind === 'number';
  const isCategories = (column: ColumnStatistics): column is CategoryStatistics => column.kind === 'categories';
  const numbers = columns.filter(isNumber).map(({ name, missing, distinct, ...measures }) => {
    const { least, mean, standardDeviation, greatest } = measures;
    const cells = [least, mean, standardDeviation, greatest].map(roundedNumber);
    return [name, integer(missing), integer(distinct), ...cells];
  });
  const categories = columns.filter(isCategories).map(({ name, missing, distinct, counts }) => {
    return [name, integer(missing), integer(distinct), listFrequent(counts)];
  });
  const titles = ['missing', 'distinct'];
  if (numbers.length > 0) print('', ...table(['number', ...titles, 'least', 'mean', 'deviation', 'greatest'], numbers));
  if (categories.length > 0) print('', ...table(['categories', ...titles, 'most frequent'], categories));
  if (ignored.length > 0) print('', `not used: ${ignored.join(', ')}`);
  if (dropped > 0) print('', `rows dropped because of missing cells: ${integer(dropped)}`);
  const warnings = columns.flatMap(({ name, warning }) => (warning === undefined ? [] : [`${name}: ${warning}`]));
  for (const warning of warnings) note(`warning: ${warning}`);
}

/** Categories of a column that are listed. */
const MOST_LISTED = 5;

function listFrequent(counts: CategoryStatistics['counts']): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const listed = sorted.slice(0, MOST_LISTED).map(([name, count]) => `${name} ${integer(count)}`);
  return [...listed, ...(sorted.length > MOST_LISTED ? ['…'] : [])].join(', ');
}
