import type { DatasetInfo, DatasetRequest, Part, PieceList, RowsOptions } from '../api/datasets.ts';
import { encodeBytes, encodeJson, joinPath, type Transport } from './transport.ts';

/**
 * Data sets for training jobs. Upload the pieces, then call `finish`; a finished data set does not change.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * await client.datasets.uploadRows('fruit', 0, 'mass,kind\n180,apple\n60,plum\n170,apple\n70,plum\n');
 * const info = await client.datasets.finish('fruit', { training: 1 });
 * console.log(info.classes); // [ 'apple', 'plum' ]
 * ```
 */
export class Datasets {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Names of the data sets. */
  async names(): Promise<string[]> {
    return this.#transport.list('datasets', 'datasets');
  }

  /** Description of a data set. Throws `ClientError` 404. */
  async get(name: string): Promise<DatasetInfo> {
    return this.#transport.json('GET', joinPath('datasets', name));
  }

  /**
   * Uploads a piece of pictures: an IDX file of labels, directly followed by an IDX file of images. Pieces count from
   * 0. Throws `ClientError` 400, 409 or 413.
   */
  async uploadPiece(name: string, part: Part, piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#transport.send('PUT', joinPath('datasets', name, part, piece), { body: encodeBytes(bytes) });
  }

  /**
   * Uploads a piece of a table: CSV with a header and complete rows. Pieces count from 0. `options`: the header of the
   * label column (default: the last column), how missing cells are treated (default: refused), and columns of numbers
   * that are categories. Throws `ClientError` 400, 409 or 413.
   */
  async uploadRows(
    name: string,
    piece: number,
    csv: Uint8Array<ArrayBuffer> | string,
    options: RowsOptions = {},
  ): Promise<void> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
    const path = `${joinPath('datasets', name, 'training', piece)}${given.length === 0 ? '' : `?${query}`}`;
    await this.#transport.send('PUT', path, { body: { type: 'text/csv', bytes: csv } });
  }

  /** The uploaded pieces of a data set, also of an unfinished one: send only the others. Throws `ClientError` 404. */
  async pieces(name: string): Promise<PieceList['pieces']> {
    return (await this.#transport.json<PieceList>('GET', joinPath('datasets', name, 'pieces'))).pieces;
  }

  /**
   * Creates a data set from the uploaded pieces. `description`: class names and image conversion, which IDX files lack.
   * Repeating a request succeeds. Throws `ClientError` 400 if a piece is missing, or 409 if the data set has other pieces.
   */
  async finish(
    name: string,
    pieces: Pick<DatasetRequest, 'training' | 'test'>,
    description: Pick<DatasetRequest, 'classNames' | 'pictures'> = {},
  ): Promise<DatasetInfo> {
    return this.#transport.json('PUT', joinPath('datasets', name), { body: encodeJson({ ...pieces, ...description }) });
  }

  /** Deletes a data set and its pieces. Throws `ClientError` 404, or 409 while a job or sweep reads it. */
  async delete(name: string): Promise<void> {
    await this.#transport.delete(joinPath('datasets', name));
  }
}
