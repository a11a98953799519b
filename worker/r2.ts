import { HttpError } from './errors.ts';

/** Work on R2. Throws 503 where that fails. */
export async function r2<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const message = 'the store of models does not answer; the bundled model still does';
    throw new HttpError(503, message, { 'retry-after': '10' }, error);
  }
}

/** All pages of a listing, with the objects' own metadata. Throws 503. */
export async function* listPages(bucket: R2Bucket, options: R2ListOptions): AsyncGenerator<R2Objects> {
  let cursor: string | undefined;
  do {
    const place = cursor === undefined ? {} : { cursor };
    const page = await r2(() => bucket.list({ include: ['customMetadata'], ...options, ...place }));
    yield page;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
