/** Rounded numbers whose digits a pointer shows. Programs read them from the attribute `value`. */
import { allDigits, formatNats, percent, significant } from '../numbers.ts';
import { type Html, html } from './html.ts';
import { meanAndSpread, type Spread } from './summary.ts';

/** `text` with all digits of its value; a dash without a value. */
export function exact(value: number | null | undefined, format: (value: number) => string): Html | string {
  if (value == null) return '–';
  const text = format(value);
  const digits = allDigits(value);
  return text === digits ? text : html`<data value="${digits}" title="${digits}">${text}</data>`;
}

/** Six significant digits. */
export function exactNumber(value: number): Html | string {
  return exact(value, significant);
}

/** Four decimals, for losses and scores. */
export function exactDecimals(value: number | null | undefined): Html | string {
  return exact(value, formatNats);
}

export function exactPercent(value: number | null | undefined): Html | string {
  return exact(value, percent);
}

/** Mean ± standard deviation. */
export function exactSpread(spread: Spread | null, format: (value: number) => string): Html | string {
  if (spread === null) return '–';
  return html`<data value="${allDigits(spread.mean)}" title="${spreadDigits(spread)}">${meanAndSpread(spread, format)}</data>`;
}

/** Accuracies of classifiers, R² of regressions. */
export function exactScore(accuracy: Spread | null, r2: Spread | undefined): Html | string {
  return accuracy === null ? exactSpread(r2 ?? null, (value) => value.toFixed(4)) : exactSpread(accuracy, percent);
}

/** A mean with its standard deviation on a second line. */
export function spreadTile(spread: Spread | null, format: (value: number) => string): Html {
  if (spread === null) return html`–`;
  const { mean, standardDeviation } = spread;
  const below = standardDeviation === null ? undefined : html`<small>± ${format(standardDeviation)}</small>`;
  return html`<data value="${allDigits(mean)}" title="${spreadDigits(spread)}">${format(mean)}${below}</data>`;
}

function spreadDigits({ mean, standardDeviation }: Spread): string {
  return standardDeviation === null ? allDigits(mean) : `${allDigits(mean)} ± ${allDigits(standardDeviation)}`;
}
