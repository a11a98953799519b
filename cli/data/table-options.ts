/** Options of reading tables. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DECIMALS, type Decimal } from '../../src/data/csv-cells.ts';
import { MAX_CATEGORIES, parseNames, TABLE_TASKS, type TableTask } from '../../src/data/csv-columns.ts';
import { MISSING_POLICIES, type MissingPolicy } from '../../src/data/csv-table.ts';
import { ENCODINGS, type Encoding } from '../../src/data/decode.ts';
import { UNKNOWN_POLICIES, type UnknownPolicy } from '../../src/data/row-reader.ts';
import { OTHER_GROUP, positiveInteger } from '../options.ts';

/** How a text is decoded and split into cells, and what happens to categories that a model does not have. */
export interface DialectFlags {
  readonly delimiter?: string | undefined;
  readonly decimal?: Decimal | undefined;
  readonly encoding?: Encoding | undefined;
  /** Undefined: the first line is a header unless it looks like a sample, which is an error. */
  readonly header?: boolean | undefined;
  readonly unknown?: UnknownPolicy | undefined;
}

/** How a table is read. */
export interface TableFlags extends DialectFlags {
  /** Header of the label column. */
  readonly label?: string | undefined;
  /** Headers of the targets of a regression. */
  readonly target?: readonly string[] | undefined;
  readonly task?: TableTask | undefined;
  /** Header of the column with the weights of the samples. */
  readonly sampleWeight?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly maxCategories?: number | undefined;
  readonly missing?: MissingPolicy | undefined;
}

/** The options of reading tables among other options. */
export function pickTableFlags(options: TableFlags): TableFlags {
  const { label, target, task, sampleWeight, features, ignore, categories, maxCategories, missing } = options;
  const { delimiter, decimal, encoding, header, unknown } = options;
  const columns = { label, target, task, sampleWeight, features, ignore, categories, maxCategories, missing };
  return { ...columns, delimiter, decimal, encoding, header, unknown };
}

/** Heading of these options in the help. */
export const TABLE_GROUP = 'Tables:';

export function addTableOptions(command: Command): Command {
  const task =
    'CSV: regression predicts the number in the label column; classification takes any numbers for classes (default: classification, but many different numbers are refused)';
  const missing =
    'CSV: what happens to rows with missing cells, such as NA: an error, drop the rows, or fill the cells with the mean or the most frequent value of the training samples (default: refuse)';
  command
    .optionsGroup(TABLE_GROUP)
    .option('--label <header>', 'CSV: header of the label column (default: the last column)')
    .option('--target <names>', 'CSV: columns of numbers to predict, comma-separated: a regression', nameList)
    .addOption(new Option('--task <name>', task).choices(TABLE_TASKS))
    .option('--sample-weight <header>', 'CSV: column with the weights of the samples in loss and measures')
    .option('--features <names>', 'CSV: columns to use, comma-separated (default: all except the label)', nameList)
    .option('--ignore <names>', 'CSV: columns to leave out, comma-separated', nameList)
    .option('--categories <names>', 'CSV: columns of numbers or dates that are categories, comma-separated', nameList)
    .option(
      '--max-categories <n>',
      `CSV: most different texts of a column, each of which becomes an input (default: ${MAX_CATEGORIES})`,
      positiveInteger,
    )
    .addOption(new Option('--missing <policy>', missing).choices(MISSING_POLICIES));
  return addDialectOptions(command);
}

export function addDialectOptions(command: Command): Command {
  const unknown =
    'CSV: categories that a model does not have: an error, or zeros in all inputs of the column (default: refuse)';
  return command
    .optionsGroup(TABLE_GROUP)
    .option('--header', 'CSV: the first line has the names of the columns, even if they look like a sample')
    .option('--no-header', 'CSV: the first line is a sample; the columns are called c1, c2 …')
    .option(
      '--delimiter <character>',
      'CSV: character between two cells, or tab or space (default: detected)',
      readDelimiter,
    )
    .addOption(new Option('--decimal <character>', 'CSV: decimal separator (default: ".")').choices(DECIMALS))
    .addOption(
      new Option('--encoding <name>', 'CSV: encoding without a byte order mark (default: utf-8)').choices(ENCODINGS),
    )
    .addOption(new Option('--unknown <policy>', unknown).choices(UNKNOWN_POLICIES))
    .optionsGroup(OTHER_GROUP);
}

/** Names in CSV, so that a name with a comma can be quoted. A repeated option adds names. */
export function nameList(text: string, previous: readonly string[] = []): string[] {
  const names = parseNames(text);
  if (names.length === 0) throw new InvalidArgumentError('expected names of columns, got nothing.');
  return [...previous, ...names];
}

const NAMED_DELIMITERS: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t', space: ' ', comma: ',' };

function readDelimiter(text: string): string {
  const delimiter = NAMED_DELIMITERS[text] ?? text;
  if (delimiter.length === 1 && !/["\r\n\ufeff]/.test(delimiter)) return delimiter;
  throw new InvalidArgumentError(`expected one character, tab or space, got ${text || 'nothing'}.`);
}
