/** The files beside a page: each plot's data. */
import Papa from 'papaparse';

export type Cell = string | number | null;

export class DataFiles {
  readonly #files = new Map<string, string>();

  /** Adds a table; returns its path, as the page links to it. */
  csv(name: string, rows: readonly Readonly<Record<string, Cell>>[]): string {
    const path = `data/${name}.csv`;
    this.#files.set(path, `${Papa.unparse([...rows], { newline: '\n' })}\n`);
    return path;
  }

  /** Adds a file as it is. */
  text(path: string, content: string): string {
    this.#files.set(path, content);
    return path;
  }

  /** By path, relative to the page. */
  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }
}

/** A page with the files beside it. */
export interface ReportFolder {
  readonly html: string;
  readonly files: ReadonlyMap<string, string>;
}
