/** Formats of files, which their first bytes tell. */

export interface Signature {
  /** First bytes, as Latin-1. */
  readonly text: string;
  /** Place of the text, in bytes. Default: 0. */
  readonly at?: number;
  /** Whether files of the format can begin without controls. */
  readonly mayBeText?: true;
}

/** The signature of a file. A text, such as the header `BMI,age` of a table, has only those that may be text. */
export function findSignature<S extends Signature>(bytes: Uint8Array, signatures: readonly S[]): S | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const isText = !hasControls(bytes);
  return signatures.find(
    ({ at = 0, text, mayBeText }) => start.startsWith(text, at) && (mayBeText || !isText || !/^[ -~]+$/.test(text)),
  );
}

/** Whether the first 1,024 bytes have controls other than tabs and line ends. */
function hasControls(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 1024).some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d));
}
