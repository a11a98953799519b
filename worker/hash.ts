/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Of a text, in UTF-8. */
export async function sha256Text(text: string): Promise<string> {
  return sha256(Uint8Array.from(new TextEncoder().encode(text)));
}
