/** zlib data that costs much. */

/** A block in the order of its bits: 0 and the end of the block are the only symbols, with one bit each. */
const EMPTY_BLOCK = [
  ['not the last', '0'],
  ['with its own codes', '01'],
  ['257 literals, 1 distance, 19 lengths of lengths', '00000 00000 1111'],
  ['lengths 18 and 1 have one bit', `000 000 100 ${'000 '.repeat(14)} 100 000`],
  ['1, 138 times 0, 117 times 0, 1, 1', '0 1 1111111 1 0101011 0 0'],
  ['the end of the block', '1'],
].map(([, bits = '']) => bits.replaceAll(' ', ''));

/** zlib data of `count` blocks, a multiple of 8, that take 97 bits each and contain nothing. */
export function emptyBlocks(count: number): Uint8Array {
  // Eight blocks take whole bytes.
  const bits = EMPTY_BLOCK.join('').repeat(8);
  const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt([...byte].reverse().join(''), 2)) ?? [];
  const blocks = Uint8Array.from({ length: (bytes.length * count) / 8 }, (_, i) => bytes[i % bytes.length] ?? 0);
  return Uint8Array.from([0x78, 0x9c, ...blocks]);
}
