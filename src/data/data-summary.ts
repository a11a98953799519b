/** A summary of a data set before training: rows, columns and classes. */
import type { Dataset } from '../core/dataset.ts';
import { classLabels } from '../core/soft-labels.ts';
import type { FillKind } from '../core/table-columns.ts';
import type { Target } from '../core/targets.ts';
import { type ColumnStatistics, measureColumns } from './column-statistics.ts';
import type { TableReading } from './csv-table.ts';
import type { Counts } from './row-reader.ts';
import { fitTargets } from './scaling.ts';

/** All samples but those of a test part; with what became of rows and columns, if they are a table. */
interface ReadData {
  readonly training: Dataset;
  readonly reading?: TableReading | undefined;
}

export interface DataSummary {
  /** Samples of each class; empty for regression. */
  readonly classes: Counts;
  /** Only of a regression. */
  readonly targets?: readonly Target[] | undefined;
  /** Only of a table. */
  readonly table?: TableSummary | undefined;
}

export interface TableSummary {
  /** Rows below the header. */
  readonly rows: number;
  /** Rows that are not used, because of missing cells. */
  readonly dropped: number;
  /** Missing cells by column. */
  readonly missing: Counts;
  /** How missing cells are filled; null if none is. */
  readonly fill: FillKind | null;
  /** Columns that become inputs. */
  readonly columns: readonly ColumnStatistics[];
  /** Columns that are not used. */
  readonly ignored: readonly string[];
}

export function summarizeData({ training, reading }: ReadData): DataSummary {
  const classes = countClasses(training);
  if (reading === undefined) return { classes };
  const outputs = training.targets === undefined ? { classes } : { classes, targets: fitTargets(training) };
  const { rows, dropped, missing, ignored } = reading;
  const columns = measureColumns(training);
  return { ...outputs, table: { rows, dropped, missing, fill: training.fill ?? null, columns, ignored } };
}

/** Samples of each class, also of those without any. A sample with probabilities counts for the most probable class. */
export function countClasses(dataset: Dataset): Counts {
  const { classes } = dataset;
  const counts = classes.map(() => 0);
  for (const label of classLabels(dataset)) counts[label] = (counts[label] ?? 0) + 1;
  return Object.fromEntries(classes.map((name, label) => [name, counts[label] ?? 0]));
}
