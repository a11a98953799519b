import type { Alias, Model, Uploaded } from '../api/models.ts';
import type { Description } from '../format/description.ts';
import { encodeBytes, encodeJson, joinPath, type RequestBody, type Transport } from './transport.ts';

/** Description of an uploaded ONNX file, which does not contain it, and its files with tensors. */
export interface UploadOptions extends Description {
  /** The files next to the ONNX file that have its tensors, by their names in the file. */
  readonly externalData?: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/**
 * The model registry: numbered versions, and aliases that point at them.
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

  /** Names of the models. */
  async names(): Promise<string[]> {
    return this.#transport.list('models', 'models');
  }

  /** Versions and aliases of a model. Throws `ClientError` 404. */
  async get(name: string): Promise<Model> {
    return this.#transport.json('GET', joinPath('models', name));
  }

  /** The file (safetensors) of a version. Throws `ClientError` 404. */
  async download(name: string, version: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('models', name, 'versions', version));
  }

  /**
   * Uploads a model file (safetensors or ONNX) as a new version. `options` describes what an ONNX file does not
   * contain. Throws `ClientError` 400 for a file that is not a valid model, or 409 if the version exists with another
   * file.
   */
  async upload(
    name: string,
    version: number,
    bytes: Uint8Array<ArrayBuffer>,
    options: UploadOptions = {},
  ): Promise<Uploaded> {
    const path = `${joinPath('models', name, 'versions', version)}?${buildQuery(options)}`;
    return this.#transport.json('PUT', path, { body: await encodeModel(bytes, options) });
  }

  /**
   * Uploads a model file and assigns the next free number. If a version already has this file, that version is returned.
   * Throws `ClientError` 400 for a file that is not a valid model, or one with other inputs or classes than earlier
   * versions.
   */
  async publish(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: UploadOptions = {},
    key?: string,
  ): Promise<Uploaded> {
    const path = `${joinPath('models', name, 'versions')}?${buildQuery(options)}`;
    return this.#transport.json('POST', path, { body: await encodeModel(bytes, options), key });
  }

  /** Target of an alias, and the entity tag for `moveAlias`. Throws `ClientError` 404. */
  async alias(name: string, alias: string): Promise<Alias & { etag: string | undefined }> {
    const response = await this.#transport.send('GET', joinPath('models', name, 'aliases', alias));
    return { ...((await response.json()) as Alias), etag: response.headers.get('etag') ?? undefined };
  }

  /**
   * Points an alias at a version: promotes it, or rolls back. With `etag`, only if the alias has not moved since it was
   * read. Throws `ClientError` 404, or 412 if another client moved the alias first.
   */
  async moveAlias(name: string, alias: string, version: number, etag?: string): Promise<Alias> {
    const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
    return this.#transport.json('PUT', joinPath('models', name, 'aliases', alias), {
      body: encodeJson({ version }),
      headers,
    });
  }

  /** Deletes all uploaded versions and the aliases of a model. Throws `ClientError` 404, or 409 while a job reads it. */
  async delete(name: string): Promise<void> {
    await this.#transport.delete(joinPath('models', name));
  }

  /**
   * Deletes a version. Throws `ClientError` 404, or 409 if the version is served, is the target of an alias, or is read
   * by a job.
   */
  async deleteVersion(name: string, version: number): Promise<void> {
    await this.#transport.delete(joinPath('models', name, 'versions', version));
  }

  /** Deletes an alias other than `stable`. Throws `ClientError` 404 or 409. */
  async deleteAlias(name: string, alias: string): Promise<void> {
    await this.#transport.delete(joinPath('models', name, 'aliases', alias));
  }
}

/** The bytes of a file, or a form with its external data. */
async function encodeModel(bytes: Uint8Array<ArrayBuffer>, { externalData = {} }: UploadOptions): Promise<RequestBody> {
  const files = Object.entries(externalData);
  if (files.length === 0) return encodeBytes(bytes);
  const form = new FormData();
  form.set('model', new Blob([bytes]), 'model.onnx');
  for (const [name, data] of files) form.append('data', new Blob([data]), name);
  const response = new Response(form);
  const type = response.headers.get('content-type') ?? '';
  return { type, bytes: new Uint8Array(await response.arrayBuffer()) };
}

function buildQuery({ image, externalData: _, ...lists }: UploadOptions): URLSearchParams {
  const query = new URLSearchParams(image === undefined ? {} : { image: image.join('x') });
  for (const [name, value] of Object.entries(lists)) query.set(name, String(value));
  return query;
}
