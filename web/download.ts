/** Downloads of files that may need the token of the page, which a plain link does not send. */
import type { Client } from '../src/client/index.ts';
import { createClient } from './service.ts';
import { token } from './token.ts';

/** With a token, a click on `link` reads the file with `read` and saves it under `name`. */
export function downloadWithToken(
  link: HTMLAnchorElement,
  read: (client: Client) => Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>,
  onError: (error: unknown) => void,
): void {
  link.addEventListener('click', (event) => {
    if (token.get() === '') return;
    event.preventDefault();
    read(createClient(new AbortController().signal)).then(saveFile, onError);
  });
}

function saveFile({ name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> }): void {
  const href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has started the download by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
