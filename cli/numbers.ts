/** Formatting of numbers and options, for reports and the terminal. */
import { formatNumber } from '../src/core/errors.ts';
import type { Measures } from '../src/core/measures.ts';
import { isRecord } from '../src/format/fields.ts';

/** 0.5 is `50.00 %`; null is `–`. */
export function percent(share: number | null, digits = 2): string {
  return share === null ? '–' : `${(100 * share).toFixed(digits)} %`;
}

/** Rounded, with thousands separators. */
export function integer(value: number): string {
  return formatNumber(Math.round(value));
}

/** Four significant digits, and all digits before the point. */
export function roundedNumber(value: number): string {
  return Math.abs(value) >= 1000 ? integer(value) : String(Number(value.toPrecision(4)));
}

/** Measures without the loss: `accuracy 97.30 %`, or those of a regression. */
export function scoreText(measures: Measures): string {
  if ('accuracy' in measures) return `accuracy ${percent(measures.accuracy)}`;
  const { rmse, mae, r2 } = measures;
  return `R² ${r2.toFixed(4)}, RMSE ${roundedNumber(rmse)}, MAE ${roundedNumber(mae)}`;
}

export function formatNats(loss: number): string {
  return loss.toFixed(4);
}

/** Six significant digits; 0 for -0. */
export function significant(value: number): string {
  return allDigits(Number(value.toPrecision(6)));
}

/** All digits of a float64; 0 for -0. */
export function allDigits(value: number): string {
  return String(value === 0 ? 0 : value);
}

/** `1 run`, `3 runs`. */
export function formatCount(count: number, thing: string): string {
  return `${integer(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** The value of an option: `512-256`, or `step (gamma 0.1, every 30)`. */
export function optionText(value: unknown): string {
  if (value === undefined) return 'default';
  if (Array.isArray(value)) return value.join(typeof value[0] === 'string' ? '+' : '-') || 'none';
  if (!isRecord(value)) return String(value);
  const { kind, ...fields } = value;
  const texts = Object.entries(fields).map(([name, field]) => `${name} ${field}`);
  return texts.length === 0 ? String(kind) : `${kind} (${texts.join(', ')})`;
}
