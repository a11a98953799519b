/** The label column of a table: its labels, and the classes that they are. */
import { describeValue, EdgeMlpError, formatNumber, listNames } from '../core/errors.ts';
import { checkClasses, sortClasses } from './classes.ts';
import { type Decimal, isMissing, nameCategory, parseNumber } from './csv-cells.ts';
import { MAX_CATEGORIES } from './csv-columns.ts';
import { copyText } from './csv-rows.ts';

/** With fewer samples for each label on average, more than MAX_CATEGORIES numbers are not taken for classes. */
const FEWEST_SAMPLES = 5;

interface LabelOptions {
  /** Name in messages. */
  readonly name: string;
  /** Classes of a model. Default: the labels. */
  readonly classes?: readonly string[] | undefined;
  readonly task?: 'classification' | 'regression' | undefined;
  readonly decimal?: Decimal | undefined;
}

export class LabelColumn {
  readonly #options: LabelOptions;
  /** Whether `-` is a label: of a model, or because `+` is one. */
  readonly #dashIsLabel: boolean;
  /** Index of each label, in order of appearance or as in the options. */
  #indices = new Map<string, number>();

  constructor(options: LabelOptions, dashIsLabel = false) {
    this.#options = options;
    this.#dashIsLabel = dashIsLabel;
    this.clear();
  }

  /** Forgets the labels of the rows. */
  clear(): void {
    this.#indices = new Map(this.#options.classes?.map((label, i) => [nameCategory(label), i]));
  }

  /** Number of different labels, or of the classes of the options. */
  get size(): number {
    return this.#indices.size;
  }

  /** The classes of the options, or the labels so far, sorted. */
  get classes(): readonly string[] {
    return this.#options.classes ?? sortClasses(this.#indices.keys());
  }

  /** Place of each index among the classes. */
  get order(): readonly number[] {
    const places = new Map(this.classes.map((label, i) => [nameCategory(label), i]));
    return [...this.#indices.keys()].map((label) => places.get(label) ?? 0);
  }

  /** Whether all labels are numbers. */
  get areNumbers(): boolean {
    return this.#parse().every(Number.isFinite);
  }

  #parse(): number[] {
    return [...this.#indices.keys()].map((label) => parseNumber(label, this.#options.decimal ?? '.'));
  }

  /** The label in a cell; undefined if it is missing. */
  read(cell: string): string | undefined {
    const label = nameCategory(cell);
    return isMissing(label) && !(label === '-' && this.#dashIsLabel) ? undefined : label;
  }

  /** Index of a label in line `line`. Throws EdgeMlpError "bad-data" for a label that is not a class of the options. */
  find(label: string, line: number, name: string): number {
    const known = this.#indices.get(label);
    if (known !== undefined) return known;
    const { classes } = this.#options;
    if (classes !== undefined) {
      const expected = `one of the labels ${listNames(classes)}`;
      throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected ${expected}, got ${describeValue(label)}`);
    }
    const index = this.#indices.size;
    this.#indices.set(copyText(label), index);
    return index;
  }

  /**
   * Throws EdgeMlpError "bad-data" for too few classes, or for numbers that are probably a target. `title`: header of the
   * column.
   */
  check(samples: number, title: string): void {
    const { name } = this.#options;
    const many = this.size > MAX_CATEGORIES;
    if (many && (this.size * FEWEST_SAMPLES > samples || !this.#parse().every(Number.isInteger))) {
      this.refuseNumbers(title, name);
    }
    checkClasses(this.classes, name);
  }

  /** Throws EdgeMlpError "bad-data" if all labels are numbers, unless they were declared to be classes. */
  refuseNumbers(title: string, name: string): void {
    const { classes, task } = this.#options;
    if (classes !== undefined || task === 'classification' || !this.areNumbers) return;
    const count = formatNumber(this.size);
    const step = `predict the number with --task regression, or name ${count} classes with --task classification`;
    const got = `${count} different numbers in column ${title}`;
    throw new EdgeMlpError('bad-data', `${name}: expected classes, got ${got}: ${step}`);
  }
}
