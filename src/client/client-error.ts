/**
 * A refusal of the service, with its message.
 *
 * @example
 * ```ts
 * import { Client, ClientError } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787');
 * try {
 *   await client.models.get('unknown');
 * } catch (error) {
 *   if (error instanceof ClientError) console.log(error.status, error.message); // 404 model unknown not found
 * }
 * ```
 */
export class ClientError extends Error {
  /** Name of the class. */
  override readonly name = 'ClientError';
  /** HTTP status. */
  readonly status: number;
  /** Seconds to wait before the next try, if the service names them. */
  readonly retryAfter: number | undefined;

  /** For the client's own use. */
  constructor(status: number, message: string, retryAfter: number | undefined) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
