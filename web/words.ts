/** Numbers and names as the page writes them. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Thousands set apart. */
export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 epoch`, `3 epochs`. */
export function counted(count: number, thing: string): string {
  return `${integer(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** A job's number is 64 letters long; so many tell jobs apart. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
