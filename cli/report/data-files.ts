/** Files of a report folder: a CSV file for each plot. */
import Papa from 'papaparse';

export type Cell = string | number | null;

export class DataFiles {
  readonly #files = new Map<string, string>();

  /** Adds a CSV file and returns its path relative to the page. */
  csv(name: string, rows: readonly Readonly<Record<string, Cell>>[]): string {
    const path = `data/${name}.csv`;
    this.#files.set(path, `${Papa.unparse([...rows], { newline: '\n' })}\n`);
    return path;
  }

  text(path: string, content: string): void {
    this.#files.set(path, content);
  }

  /** Contents by path relative to the page. */
  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }
}

export interface ReportFolder {
  readonly html: string;
  readonly files: ReadonlyMap<string, string>;
}
