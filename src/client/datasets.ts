/** Data sets for training jobs. */
import { binaryBody, jsonBody, pathOf, type Transport } from './transport.ts';

export interface PicturesPart {
  pieces: number;
  samples: number;
  /** Pixels that are not zero. */
  nonZero: number;
}

export interface PicturesInfo {
  kind: 'pictures';
  name: string;
  rows: number;
  columns: number;
  classes: number;
  /** By label; absent where they are numbers. */
  classNames?: string[] | undefined;
  /** How a picture becomes such a sample; absent: centred. */
  pictures?: 'as-is' | 'centred' | undefined;
  training: PicturesPart;
  test: PicturesPart | null;
  /** Of all pieces: another set has another. */
  sha256: string;
  created: string;
}

export interface TableInfo {
  kind: 'table';
  name: string;
  /** Headers of the numbers, in their order. */
  features: string[];
  /** Header of the classes. */
  labelName: string;
  delimiter: string;
  /** Sorted: numbers by value, before texts. */
  classes: string[];
  /** `pieceBytes` is the size of the largest piece. */
  training: { pieces: number; samples: number; pieceBytes: number };
  test: null;
  sha256: string;
  created: string;
}

export type DatasetInfo = PicturesInfo | TableInfo;

export class Datasets {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Names of the data sets. */
  async names(): Promise<string[]> {
    return (await this.#transport.json<{ datasets: string[] }>('GET', 'datasets')).datasets;
  }

  async get(name: string): Promise<DatasetInfo> {
    return this.#transport.json('GET', pathOf('datasets', name));
  }

  /** Uploads a piece of pictures: an IDX file of labels and, right behind it, one of images. */
  async uploadPiece(
    name: string,
    part: 'training' | 'test',
    piece: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    await this.#transport.send('PUT', pathOf('datasets', name, part, piece), { body: binaryBody(bytes) });
  }

  /** Uploads a piece of a table: CSV with a header and whole rows. `label` is the header of the classes; default: the last. */
  async uploadRows(
    name: string,
    piece: number,
    csv: Uint8Array<ArrayBuffer> | string,
    { label }: { label?: string | undefined } = {},
  ): Promise<void> {
    const query = label === undefined ? '' : `?${new URLSearchParams({ label })}`;
    const path = `${pathOf('datasets', name, 'training', piece)}${query}`;
    await this.#transport.send('PUT', path, { body: { type: 'text/csv', bytes: csv } });
  }

  /** Makes a data set of the pieces that were uploaded. What is said of pictures is kept by the models of its jobs. */
  async finish(
    name: string,
    pieces: { training: number; test: number },
    described: { classNames?: readonly string[] | undefined; pictures?: 'as-is' | 'centred' | undefined } = {},
  ): Promise<DatasetInfo> {
    return this.#transport.json('PUT', pathOf('datasets', name), { body: jsonBody({ ...pieces, ...described }) });
  }

  async delete(name: string): Promise<void> {
    await this.#transport.send('DELETE', pathOf('datasets', name));
  }
}
