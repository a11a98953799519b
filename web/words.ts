/** Numbers and names as the page writes them. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Thousands set apart. */
export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A job's number is 64 letters long; so many tell jobs apart. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
