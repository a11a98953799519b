/** The registry of models. */
import { binaryBody, jsonBody, pathOf, type Transport } from './transport.ts';

export interface Version {
  version: number;
  sha256: string;
  bytes: number;
  /** [inputs, hidden …, classes] */
  layers: number[];
  hiddenActivation: string;
  testAccuracy: number | null;
  /** ISO 8601; empty for the bundled model. */
  created: string;
}

/** What an upload is taken for, too. */
export interface Uploaded extends Version {
  classes: string[];
  scaling: 'bytes' | 'identity' | 'standard';
  /** Rows and columns. */
  imageShape?: number[];
  features?: string[];
}

/** What an ONNX file leaves open. */
export interface UploadOptions {
  /** Names of the classes, by label, and of the inputs. */
  readonly classes?: readonly string[];
  readonly features?: readonly string[];
  /** Rows and columns of a picture, whose pixels the network takes from 0 to 1. */
  readonly image?: readonly [rows: number, columns: number];
  /** `bytes`: pixels, which the network takes from 0 to 1; `identity`: numbers as they are. */
  readonly scaling?: 'bytes' | 'identity';
  /** What was taken away from the inputs in training, and what they were divided by then: for each of them, or for all. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

export interface Model {
  name: string;
  versions: Version[];
  aliases: Record<string, number>;
  /** The version that `stable` means. */
  served: number;
}

export interface Alias {
  name: string;
  alias: string;
  version: number;
  effectiveWithinSeconds: number;
}

export class Models {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Names of the models. */
  async names(): Promise<string[]> {
    return (await this.#transport.json<{ models: string[] }>('GET', 'models')).models;
  }

  async get(name: string): Promise<Model> {
    return this.#transport.json('GET', pathOf('models', name));
  }

  /** The file of a version. */
  async download(name: string, version: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(pathOf('models', name, 'versions', version));
  }

  /** Puts a model file, safetensors or ONNX, there as a version that there is not yet. */
  async upload(
    name: string,
    version: number,
    bytes: Uint8Array<ArrayBuffer>,
    options: UploadOptions = {},
  ): Promise<Uploaded> {
    const path = `${pathOf('models', name, 'versions', version)}?${queryOf(options)}`;
    return this.#transport.json('PUT', path, { body: binaryBody(bytes) });
  }

  /** What an alias points at, and the entity tag for `moveAlias`. */
  async alias(name: string, alias: string): Promise<Alias & { etag: string | undefined }> {
    const response = await this.#transport.send('GET', pathOf('models', name, 'aliases', alias));
    return { ...((await response.json()) as Alias), etag: response.headers.get('etag') ?? undefined };
  }

  /** Promotes a version or rolls back. With `etag` only if nobody has moved the alias since. */
  async moveAlias(name: string, alias: string, version: number, etag?: string): Promise<Alias> {
    const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
    return this.#transport.json('PUT', pathOf('models', name, 'aliases', alias), {
      body: jsonBody({ version }),
      headers,
    });
  }
}

function queryOf({ image, ...lists }: UploadOptions): URLSearchParams {
  const query = new URLSearchParams(image === undefined ? {} : { image: image.join('x') });
  for (const [name, value] of Object.entries(lists)) query.set(name, String(value));
  return query;
}
