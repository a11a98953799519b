/** Downloads of files that may need the token of the page, which a plain link does not send. */
import type { Client } from '../src/client/index.ts';
import { createClient } from './service.ts';
import { token } from './token.ts';

/** With a token, a click on `link` reads the file with `read`, as a request of `run`, and saves it under `name`. */
export function downloadWithToken(
  link: HTMLAnchorElement,
  read: (client: Client) => Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>,
  run: (request: () => Promise<void>) => void,
): void {
  link.addEventListener('click', (event) => {
    if (token.get() === '') return;
    event.preventDefault();
    run(async () => saveFile(await read(createClient())));
  });
}

function saveFile({ name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> }): void {
  const href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has started the download by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
