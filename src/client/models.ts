/** The registry of models. */
import { binaryBody, joinPath, jsonBody, type Transport } from './transport.ts';

/** One file of a model; it never changes. */
export interface Version {
  /** Its number, from 0. */
  version: number;
  /** Of the file. */
  sha256: string;
  /** Size of the file. */
  bytes: number;
  /** `[inputs, hidden …, classes]` */
  layers: number[];
  /** sigmoid, tanh or relu. */
  hiddenActivation: string;
  /** 0 to 1, on the test samples of the training’s own data set, where the file says so. */
  testAccuracy: number | null;
  /** ISO 8601; empty for the bundled model. */
  created: string;
}

/** A version that was put there, and what it is taken for. */
export interface Uploaded extends Version {
  /** Names of the classes, by label. */
  classes: string[];
  /** `bytes`: pixels, which the network takes from 0 to 1; `identity`: numbers as they are; `standard`: standardised. */
  scaling: 'bytes' | 'identity' | 'standard';
  /** Rows and columns, where an input is a picture. */
  imageShape?: number[];
  /** How a PNG becomes such a picture. Default: centred. */
  pictures?: 'centred' | 'as-is';
  /** Names of the inputs, where they have some. */
  features?: string[];
}

/** What an ONNX file leaves open. */
export interface UploadOptions {
  /** Names of the classes, by label. */
  readonly classes?: readonly string[];
  /** Names of the inputs. */
  readonly features?: readonly string[];
  /** Rows and columns of a picture, whose pixels the network takes from 0 to 1. */
  readonly image?: readonly [rows: number, columns: number];
  /** How a PNG becomes such a picture: centred, as digits are, or, of its very size, as it is. Default: centred. */
  readonly pictures?: 'centred' | 'as-is';
  /** `bytes`: pixels, which the network takes from 0 to 1; `identity`: numbers as they are. */
  readonly scaling?: 'bytes' | 'identity';
  /** What was taken away from the inputs in training: a number for each, or one for all. */
  readonly mean?: readonly number[];
  /** What they were divided by then. */
  readonly std?: readonly number[];
}

/** A name in the registry. */
export interface Model {
  /** Under which it is asked. */
  name: string;
  /** By number. */
  versions: Version[];
  /** Version of each alias. */
  aliases: Record<string, number>;
  /** The version that `stable` means. */
  served: number;
}

/** A name for a version, which can be moved. */
export interface Alias {
  /** Of the model. */
  name: string;
  /** Such as `stable`, which is served where no version is named. */
  alias: string;
  /** What it points at. */
  version: number;
  /** Until when every place of the service has seen it. */
  effectiveWithinSeconds: number;
}

/**
 * The registry of models: numbered versions, and aliases that point at them.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * const { served, versions } = await client.models.get('mnist');
 * console.log(served, versions[0]?.layers); // 0 [ 784, 300, 10 ]
 * ```
 */
export class Models {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Names of the models.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * console.log((await client.models.names()).includes('mnist')); // true
   * ```
   */
  async names(): Promise<string[]> {
    return (await this.#transport.json<{ models: string[] }>('GET', 'models')).models;
  }

  /**
   * Versions and aliases. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { name, versions } = await client.models.get('mnist');
   * console.log(name, versions[0]?.hiddenActivation); // mnist sigmoid
   * ```
   */
  async get(name: string): Promise<Model> {
    return this.#transport.json('GET', joinPath('models', name));
  }

  /**
   * The file of a version.
   * Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   * import { parseModel } from 'edge-mlp/format';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { info } = parseModel(await client.models.download('mnist', 0), 'mnist');
   * console.log(info.spec.layers, info.imageShape); // [ 784, 300, 10 ] [ 28, 28 ]
   * ```
   */
  async download(name: string, version: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('models', name, 'versions', version));
  }

  /**
   * Puts a model file, safetensors or ONNX, there as a version that there is not yet; the options say what ONNX leaves open.
   * Throws `ClientError` 400 for what is no model, 409 for a version that is there with another file.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const version = await client.models.upload('mine', 1, await client.models.download('mnist', 0));
   * console.log(version.version, version.layers); // 1 [ 784, 300, 10 ]
   * ```
   */
  async upload(
    name: string,
    version: number,
    bytes: Uint8Array<ArrayBuffer>,
    options: UploadOptions = {},
  ): Promise<Uploaded> {
    const path = `${joinPath('models', name, 'versions', version)}?${buildQuery(options)}`;
    return this.#transport.json('PUT', path, { body: binaryBody(bytes) });
  }

  /**
   * The same under the number after the last; a file that is a version is that version, so that it can be asked again.
   * Throws `ClientError` 400 for what is no model, or takes other inputs or tells apart other classes than its name did before.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const bytes = await client.models.download('mnist', 0);
   * const { version } = await client.models.publish('mine-next', bytes);
   * console.log(version, (await client.models.publish('mine-next', bytes)).version === version); // 1 true
   * ```
   */
  async publish(name: string, bytes: Uint8Array<ArrayBuffer>, options: UploadOptions = {}): Promise<Uploaded> {
    const path = `${joinPath('models', name, 'versions')}?${buildQuery(options)}`;
    return this.#transport.json('POST', path, { body: binaryBody(bytes) });
  }

  /**
   * What an alias points at, and the entity tag for `moveAlias`.
   * Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { version, effectiveWithinSeconds } = await client.models.alias('mnist', 'stable');
   * console.log(version, effectiveWithinSeconds > 0); // 0 true
   * ```
   */
  async alias(name: string, alias: string): Promise<Alias & { etag: string | undefined }> {
    const response = await this.#transport.send('GET', joinPath('models', name, 'aliases', alias));
    return { ...((await response.json()) as Alias), etag: response.headers.get('etag') ?? undefined };
  }

  /**
   * Promotes a version or rolls back. With `etag` only if nobody has moved the alias since.
   * Throws `ClientError` 404, or 412 where somebody else was faster.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const bytes = await client.models.download('mnist', 0);
   * await client.models.upload('mine-in-turns', 1, bytes);
   * const { alias, version } = await client.models.moveAlias('mine-in-turns', 'stable', 1);
   * console.log(alias, version); // stable 1
   * ```
   */
  async moveAlias(name: string, alias: string, version: number, etag?: string): Promise<Alias> {
    const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
    return this.#transport.json('PUT', joinPath('models', name, 'aliases', alias), {
      body: jsonBody({ version }),
      headers,
    });
  }
}

function buildQuery({ image, ...lists }: UploadOptions): URLSearchParams {
  const query = new URLSearchParams(image === undefined ? {} : { image: image.join('x') });
  for (const [name, value] of Object.entries(lists)) query.set(name, String(value));
  return query;
}
