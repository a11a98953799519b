/** Data sets for training jobs. */
import { binaryBody, jsonBody, pathOf, type Transport } from './transport.ts';

export interface DatasetPart {
  pieces: number;
  samples: number;
  /** Pixels that are not zero. */
  nonZero: number;
}

export interface DatasetInfo {
  name: string;
  rows: number;
  columns: number;
  classes: number;
  training: DatasetPart;
  test: DatasetPart | null;
  created: string;
}

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

  /** Uploads a piece: an IDX file of labels and, right behind it, one of images. */
  async uploadPiece(
    name: string,
    part: 'training' | 'test',
    piece: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    await this.#transport.send('PUT', pathOf('datasets', name, part, piece), { body: binaryBody(bytes) });
  }

  /** Makes a data set of the pieces that were uploaded. */
  async finish(name: string, pieces: { training: number; test: number }): Promise<DatasetInfo> {
    return this.#transport.json('PUT', pathOf('datasets', name), { body: jsonBody(pieces) });
  }

  async delete(name: string): Promise<void> {
    await this.#transport.send('DELETE', pathOf('datasets', name));
  }
}
