/** Predictions as a table for people, and as CSV. */
import { formatConfidence } from '../../src/core/recognition.ts';
import { formatRow } from '../../src/data/csv-rows.ts';
import { shortest } from '../../src/format/json.ts';
import type { KeptCells } from '../data/kept-columns.ts';
import { table } from '../terminal.ts';

interface Sample {
  readonly file: string;
  /** Index of the sample in its file. */
  readonly index: number;
  /** Cells of the columns that are kept. */
  readonly kept?: KeptCells | undefined;
}

export interface ClassPrediction {
  readonly label: number;
  readonly class: string;
  readonly confidence: number;
  readonly probabilities: readonly number[];
  /** Only of models with a recognition threshold: false for a sample of no class. */
  readonly recognized?: boolean | undefined;
}

export interface ValuePrediction {
  /** By target, in the unit of the table. */
  readonly values: Readonly<Record<string, number>>;
}

/** The prediction of a classifier or of a regression. */
export type Answer = Sample & (ClassPrediction | ValuePrediction);

export interface Answers {
  readonly answers: readonly Answer[];
  /** Names by label; empty for regression. */
  readonly classes: readonly string[];
}

/** Lines for the terminal. */
export function formatTable({ answers, classes }: Answers): string[] {
  const titles = listKept(answers);
  const several = new Set(answers.filter(({ index }) => index > 0).map(({ file }) => file));
  const rows = answers.map((answer) => {
    const { file, index, kept } = answer;
    const cells = titles.map((title) => kept?.[title] ?? '');
    return [several.has(file) ? `${file} #${index}` : file, ...cells, ...formatCells(answer, classes)];
  });
  const [first] = answers;
  const measures =
    first !== undefined && 'values' in first ? Object.keys(first.values) : ['class', 'probability', 'runner-up'];
  return table(['file', ...titles, ...measures], rows);
}

function formatCells(answer: Answer, classes: readonly string[]): string[] {
  if ('values' in answer) return Object.values(answer.values).map((value) => String(Number(value.toPrecision(6))));
  const { label, class: name, confidence, probabilities, recognized = true } = answer;
  const next = findRunnerUp(probabilities, label);
  const second = next === undefined ? '' : `${classes[next]} ${formatConfidence(probabilities[next] ?? 0)}`;
  return [nameAnswer(name, recognized), formatConfidence(confidence), second];
}

function findRunnerUp(probabilities: readonly number[], label: number): number | undefined {
  let best: number | undefined;
  probabilities.forEach((value, i) => {
    if (i !== label && (best === undefined || value > (probabilities[best] ?? 0))) best = i;
  });
  return best;
}

/** Rows that are formatted at a time. */
const STRETCH = 1000;

/**
 * CSV in the order of the samples, in pieces: the file if there are several, the kept columns, the class, its
 * probability, whether the sample is recognized, if the model has a threshold, and the probability of each class, with all
 * digits of a float32; or the value of each target.
 */
export function* formatCsv({ answers, classes }: Answers): Generator<string> {
  const titles = listKept(answers);
  const [first] = answers;
  const hasFiles = answers.some(({ file }) => file !== answers[0]?.file);
  const header = [
    ...(hasFiles ? ['file'] : []),
    ...titles,
    ...(first !== undefined && 'values' in first
      ? Object.keys(first.values)
      : ['label', 'confidence', ...listRecognized(first), ...classes.map((name) => `probability ${name}`)]),
  ];
  yield `${formatRow(header, { quoted: false })}\n`;
  const format = (answer: Answer) => [
    ...(hasFiles ? [answer.file] : []),
    ...titles.map((title) => answer.kept?.[title] ?? ''),
    ...('values' in answer
      ? Object.values(answer.values).map(String)
      : [
          answer.class,
          shortest(answer.confidence),
          ...(answer.recognized === undefined ? [] : [String(answer.recognized)]),
          ...answer.probabilities.map(shortest),
        ]),
  ];
  for (let from = 0; from < answers.length; from += STRETCH) {
    const rows = answers.slice(from, from + STRETCH).map(format);
    yield rows.map((row) => `${formatRow(row, { quoted: false })}\n`).join('');
  }
}

/** The header of the column that only models with a recognition threshold have. */
function listRecognized(first: Answer | undefined): string[] {
  return first !== undefined && 'label' in first && first.recognized !== undefined ? ['recognized'] : [];
}

/** Headers of all kept columns. */
function listKept(answers: readonly Answer[]): string[] {
  return [...new Set(answers.flatMap(({ kept = {} }) => Object.keys(kept)))];
}

/** The class of an answer in texts. */
export function nameAnswer(name: string, recognized: boolean): string {
  return recognized ? name : `not recognized, most likely ${name}`;
}
