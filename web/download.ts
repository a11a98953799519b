/** Downloads of files that a plain link cannot request: with the token of the page, of this browser, or converted. */

interface Download {
  /** Whether a click reads the file here. Otherwise the link downloads it. */
  readonly isNeeded: () => boolean;
  readonly read: () => Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>;
  /** Calls `read` as a request, and shows its error. */
  readonly run: (request: () => Promise<void>) => void;
}

export function interceptDownload(link: HTMLAnchorElement, { isNeeded, read, run }: Download): void {
  link.addEventListener('click', (event) => {
    if (!isNeeded()) return;
    event.preventDefault();
    run(async () => {
      const { name, bytes } = await read();
      saveFile(name, new Blob([bytes]));
    });
  });
}

export function saveFile(name: string, contents: Blob): void {
  const href = URL.createObjectURL(contents);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has started the download by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
