/** How a table is read: the choices of the page. */
import type { Decimal } from '../../src/data/csv-cells.ts';
import type { TableTask } from '../../src/data/csv-columns.ts';
import type { MissingPolicy } from '../../src/data/csv-table.ts';
import type { Encoding } from '../../src/data/decode.ts';

export interface TableChoice {
  /** Header of the column to predict. Default: the last column. */
  readonly label?: string | undefined;
  /** Default: by the values of the column to predict. */
  readonly task?: TableTask | undefined;
  /** Headers of columns that are not used. Default: columns that cannot be inputs. */
  readonly ignore?: readonly string[] | undefined;
  /** Default: refuse. */
  readonly missing?: MissingPolicy | undefined;
  /** Whether the first line has names. Default: yes, unless it looks like a sample. */
  readonly header?: boolean | undefined;
  /** Default: a point. */
  readonly decimal?: Decimal | undefined;
  /** Default: UTF-8, or what the file says. */
  readonly encoding?: Encoding | undefined;
}

/** A table that this browser keeps. */
export interface StoredTable {
  readonly file: File;
  readonly choice: TableChoice;
}
