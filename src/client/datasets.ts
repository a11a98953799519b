/** Data sets for training jobs. */
import { binaryBody, joinPath, jsonBody, type Transport } from './transport.ts';

/** Pictures for one purpose. */
export interface PicturesPart {
  /** Uploaded files that it consists of. */
  pieces: number;
  /** Pictures in all of them. */
  samples: number;
  /** Pixels that are not zero. */
  nonZero: number;
}

/** A data set of pictures. */
export interface PicturesInfo {
  /** Of pictures in bytes, as IDX files have them. */
  kind: 'pictures';
  /** Under which jobs name it. */
  name: string;
  /** Of a picture, in pixels. */
  rows: number;
  /** Of a picture, in pixels. */
  columns: number;
  /** How many classes there are. */
  classes: number;
  /** By label; absent where they are numbers. */
  classNames?: string[] | undefined;
  /** How a picture becomes such a sample; absent: centred. */
  pictures?: 'as-is' | 'centred' | undefined;
  /** What jobs train on. */
  training: PicturesPart;
  /** What jobs with `final` are measured on, if anything. */
  test: PicturesPart | null;
  /** Of all pieces: another set has another. */
  sha256: string;
  /** ISO 8601. */
  created: string;
}

/** A data set of rows of numbers. */
export interface TableInfo {
  /** Of numbers, as CSV has them. */
  kind: 'table';
  /** Under which jobs name it. */
  name: string;
  /** Headers of the numbers, in their order. */
  features: string[];
  /** Header of the classes. */
  labelName: string;
  /** What parts two cells. */
  delimiter: string;
  /** Sorted: numbers by value, before texts. */
  classes: string[];
  /** `pieceBytes` is the size of the largest piece. */
  training: { pieces: number; samples: number; pieceBytes: number };
  /** A table has no test samples of its own. */
  test: null;
  /** Of all pieces: another set has another. */
  sha256: string;
  /** ISO 8601. */
  created: string;
}

/** What the service knows of a data set. */
export type DatasetInfo = PicturesInfo | TableInfo;

/**
 * Data sets for training jobs: uploaded in pieces, then finished, from when on they do not change.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * await client.datasets.uploadRows('fruit', 0, 'mass,kind\n180,apple\n60,plum\n170,apple\n70,plum\n');
 * const info = await client.datasets.finish('fruit', { training: 1, test: 0 });
 * console.log(info.classes); // [ 'apple', 'plum' ]
 * ```
 */
export class Datasets {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Names of the data sets.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * console.log(Array.isArray(await client.datasets.names())); // true
   * ```
   */
  async names(): Promise<string[]> {
    return (await this.#transport.json<{ datasets: string[] }>('GET', 'datasets')).datasets;
  }

  /**
   * What is known of a data set. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * await client.datasets.uploadRows('fruit-to-look-at', 0, 'mass,kind\n180,apple\n60,plum\n');
   * await client.datasets.finish('fruit-to-look-at', { training: 1, test: 0 });
   * const info = await client.datasets.get('fruit-to-look-at');
   * console.log(info.kind, info.training.samples); // table 2
   * ```
   */
  async get(name: string): Promise<DatasetInfo> {
    return this.#transport.json('GET', joinPath('datasets', name));
  }

  /**
   * Uploads a piece of pictures: an IDX file of labels and, right behind it, one of images.
   * Throws `ClientError` 400, 409 or 413.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   * import { digitsDataset, formatIdx } from 'edge-mlp/data';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { inputs, labels } = digitsDataset({ samples: 10, seed: 1 });
   * const labelFile = formatIdx({ shape: [10], data: Uint8Array.from(labels) });
   * const imageFile = formatIdx({ shape: [10, 28, 28], data: Uint8Array.from(inputs) });
   * const piece = new Uint8Array(await new Blob([labelFile, imageFile]).arrayBuffer());
   * await client.datasets.uploadPiece('ten-digits', 'training', 0, piece);
   * const info = await client.datasets.finish('ten-digits', { training: 1, test: 0 });
   * console.log(info.kind, info.training.samples); // pictures 10
   * ```
   */
  async uploadPiece(
    name: string,
    part: 'training' | 'test',
    piece: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    await this.#transport.send('PUT', joinPath('datasets', name, part, piece), { body: binaryBody(bytes) });
  }

  /**
   * Uploads a piece of a table: CSV with a header and whole rows. `label` is the header of the classes; default: the last.
   * Throws `ClientError` 400, 409 or 413.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * await client.datasets.uploadRows('points', 0, 'kind;x;y\nin;0;0\nout;2;1\n', { label: 'kind' });
   * await client.datasets.uploadRows('points', 1, 'kind;x;y\nin;0.5;0\n', { label: 'kind' });
   * const info = await client.datasets.finish('points', { training: 2, test: 0 });
   * console.log(info.training.samples); // 3
   * ```
   */
  async uploadRows(
    name: string,
    piece: number,
    csv: Uint8Array<ArrayBuffer> | string,
    { label }: { label?: string | undefined } = {},
  ): Promise<void> {
    const query = label === undefined ? '' : `?${new URLSearchParams({ label })}`;
    const path = `${joinPath('datasets', name, 'training', piece)}${query}`;
    await this.#transport.send('PUT', path, { body: { type: 'text/csv', bytes: csv } });
  }

  /**
   * Makes a data set of the pieces that were uploaded. What is said of pictures is kept by the models of its jobs.
   * Throws `ClientError` 400 where a piece is missing, 409 where it is finished.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * await client.datasets.uploadRows('plums', 0, 'mass,kind\n60,plum\n75,sloe\n');
   * const info = await client.datasets.finish('plums', { training: 1, test: 0 });
   * console.log(info.kind === 'table' && info.features); // [ 'mass' ]
   * ```
   */
  async finish(
    name: string,
    pieces: { training: number; test: number },
    described: { classNames?: readonly string[] | undefined; pictures?: 'as-is' | 'centred' | undefined } = {},
  ): Promise<DatasetInfo> {
    return this.#transport.json('PUT', joinPath('datasets', name), { body: jsonBody({ ...pieces, ...described }) });
  }

  /**
   * Takes a data set and its pieces away. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * await client.datasets.uploadRows('not-for-long', 0, 'mass,kind\n60,plum\n75,sloe\n');
   * await client.datasets.finish('not-for-long', { training: 1, test: 0 });
   * await client.datasets.delete('not-for-long');
   * console.log((await client.datasets.names()).includes('not-for-long')); // false
   * ```
   */
  async delete(name: string): Promise<void> {
    await this.#transport.send('DELETE', joinPath('datasets', name));
  }
}
