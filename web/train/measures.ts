/** Names and numbers of the measures that charts and tables show. */
import { formatPercent } from '../format.ts';
import type { Measure } from './training-curve.ts';

interface MeasureText {
  readonly name: string;
  /** At the start of a line. */
  readonly title: string;
  readonly format: (value: number) => string;
  readonly formatTick: (value: number) => string;
}

const formatThreeDigits = (value: number) => String(Number(value.toPrecision(3)));
export const MEASURES: Readonly<Record<Measure, MeasureText>> = {
  loss: { name: 'loss', title: 'Loss', format: (value) => value.toFixed(4), formatTick: formatThreeDigits },
  accuracy: {
    name: 'accuracy',
    title: 'Accuracy',
    format: formatPercent,
    formatTick: (value) => (value > 1 ? '' : `${Number((100 * value).toPrecision(4))} %`),
  },
  r2: { name: 'R²', title: 'R²', format: (value) => value.toFixed(4), formatTick: formatThreeDigits },
};

/** A dash for a missing value. */
export function formatMeasure(value: number | null, measure: Measure): string {
  return value === null ? '–' : MEASURES[measure].format(value);
}
