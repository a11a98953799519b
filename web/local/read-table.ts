/** Reads a table for training, in the worker. */
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { parseNames } from '../../src/data/csv-columns.ts';
import { openTable } from '../../src/data/csv-rows.ts';
import { type CsvOptions, CsvTable, type TableReading } from '../../src/data/csv-table.ts';
import { type DataSummary, summarizeData } from '../../src/data/data-summary.ts';
import { decodeText, gunzipIfNeeded } from '../../src/data/decode.ts';
import { countValidation } from '../../src/data/parts.ts';
import type { DataShape } from './local-run.ts';
import type { TableChoice } from './table-choice.ts';
import { describeLeftOut, describeTableProblem } from './table-problem.ts';

/** The use of a table in training. */
export interface TablePlan {
  /** Headers of all columns. */
  readonly header: readonly string[];
  /** The choice with all defaults filled in. */
  readonly choice: TableChoice;
  /** Columns that cannot be inputs, if the visitor has not chosen columns: the reason. */
  readonly leftOut: string;
  readonly summary: DataSummary;
  readonly shape: DataShape;
}

/** Why a table cannot be read as chosen. The header is empty if the file is not a table. */
export interface TableProblem {
  readonly header: readonly string[];
  readonly message: string;
}

interface ReadTable {
  readonly dataset: Dataset;
  readonly reading: TableReading;
}

/** Throws EdgeMlpError "bad-data". */
export async function readTable(file: File, choice: TableChoice): Promise<ReadTable> {
  return parseTable(await readText(file, choice), file.name, choice);
}

/** Reads the table and describes it. */
export async function planTable(file: File, choice: TableChoice): Promise<TablePlan | TableProblem> {
  let header: readonly string[] = [];
  try {
    const text = await readText(file, choice);
    header = openTable(text, file.name, { header: choice.header ?? true, decimal: choice.decimal }).header;
    return describeTable(chooseColumns(text, file.name, choice), header, choice);
  } catch (error) {
    if (!(error instanceof EdgeMlpError) && !(error instanceof DOMException)) throw error;
    return { header, message: describeTableProblem(errorMessage(error), file.name) };
  }
}

/** The fingerprint of the file tells a resumed run whether the table is still the same. */
async function readText(file: File, { encoding }: TableChoice): Promise<string> {
  return decodeText(await gunzipIfNeeded(new Uint8Array(await file.arrayBuffer()), file.name), file.name, encoding);
}

interface ChosenTable extends ReadTable {
  readonly leftOut: string;
}

/** Without a choice of columns, those that cannot be inputs are left out, such as names and dates. */
function chooseColumns(text: string, name: string, choice: TableChoice): ChosenTable {
  if (choice.ignore !== undefined) return { ...parseTable(text, name, choice), leftOut: '' };
  let [ignore, leftOut]: [string[], string] = [[], ''];
  for (;;) {
    try {
      return { ...parseTable(text, name, { ...choice, ignore }), leftOut };
    } catch (error) {
      const unusable = listUnusable(errorMessage(error)).filter((title) => !ignore.includes(title));
      if (unusable.length === 0) throw error;
      ignore = [...ignore, ...unusable];
      leftOut ||= describeLeftOut(errorMessage(error), name);
    }
  }
}

/** The columns that an error of the library proposes to ignore. */
function listUnusable(message: string): string[] {
  const [, quoted, plain] = / --ignore (?:'(.*)'|(\S+))$/.exec(message) ?? [];
  return parseNames(quoted?.replaceAll("'\\''", "'") ?? plain ?? '');
}

/** Without a task, a column of many different numbers is a target. */
function parseTable(text: string, name: string, choice: TableChoice): ReadTable {
  const { label, task, ignore, missing, header, decimal } = choice;
  const options = { name, labelColumn: label, ignore, missing, header, decimal };
  try {
    return parseAs({ ...options, task }, text);
  } catch (error) {
    if (task !== undefined || !/ different numbers in /.test(errorMessage(error))) throw error;
    return parseAs({ ...options, task: 'regression' }, text);
  }
}

function parseAs(options: CsvOptions, text: string): ReadTable {
  const table = new CsvTable(options);
  table.append(text);
  return { dataset: table.dataset(), reading: table.reading };
}

function describeTable(table: ChosenTable, header: readonly string[], choice: TableChoice): TablePlan {
  const { dataset, reading, leftOut } = table;
  const { targets, columns, classes } = dataset;
  const samples = sampleCount(dataset);
  const isRegression = targets !== undefined;
  const filled = {
    ...choice,
    label: isRegression ? targets[0]?.name : dataset.labelName,
    task: isRegression ? 'regression' : 'classification',
    ignore: reading.ignored,
  } as const;
  return {
    header,
    choice: filled,
    leftOut,
    summary: summarizeData({ training: dataset, reading }),
    shape: {
      kind: 'table',
      samples: samples - countValidation(samples),
      inputs: columns,
      outputs: (targets ?? classes).length,
      ...(isRegression ? { task: 'regression' } : {}),
    },
  };
}
