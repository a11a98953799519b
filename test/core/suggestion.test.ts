import { expect, it } from 'vitest';
import { suggestName } from '../../src/core/suggestion.ts';

const KNOWN = ['mnist', 'fashion-mnist', 'emnist-letters', 'emnist-digits', 'ellipse'];

it.each([
  ['MNIST', 'mnist'],
  ['mnits', 'mnist'],
  ['fashionmnist', 'fashion-mnist'],
  ['Fashion', 'fashion-mnist'],
  ['emnist', 'one of emnist-letters, emnist-digits'],
  ['elipse', 'ellipse'],
])('%s: did you mean %s?', (name, suggested) => {
  expect(suggestName(name, KNOWN)).toBe(`: did you mean ${suggested}?`);
});

it.each(['cifar', '', 'e', 'fas', 'nope.csv'])('suggests nothing for "%s"', (name) => {
  expect(suggestName(name, KNOWN)).toBe('');
});

it('does not compare a name of megabytes with short names, which would take gigabytes', () => {
  expect(suggestName('m'.repeat(2 ** 24), KNOWN)).toBe('');
});

it('counts insertions, deletions, replacements and swaps of neighbours: a third of the letters may differ', () => {
  const isNear = (given: string, name: string) => suggestName(given, [name]) !== '';
  // Three edits for a name of nine letters, four are too many.
  expect(isNear('abcdefghi', 'badcfeghi')).toBe(true);
  expect(isNear('abcdefghi', 'badcfehgi')).toBe(false);
  expect(isNear('xxxabcdefghi', 'abcdefghi')).toBe(true);
  expect(isNear('abcdefghi', 'wxyabcdefghi')).toBe(true);
  expect(isNear('abcdefghi', 'wxyzabcdefghi')).toBe(false);
  expect(isNear('abcdefghi', 'defghi')).toBe(true);
  expect(isNear('abcdefghi', 'efghi')).toBe(false);
  expect(isNear('abcdefghi', 'xbcdxfghx')).toBe(true);
  expect(isNear('abcdefghi', 'xbxdxfghx')).toBe(false);
  expect(isNear('abcdefghi', 'xyzdefghi')).toBe(true);
  expect(isNear('abcdefghi', 'wxyzefghi')).toBe(false);
  // Only one of two letters has moved.
  expect(isNear('abc', 'xac')).toBe(false);
  expect(isNear('abc', 'bxc')).toBe(false);
  // A swap across a letter is two replacements.
  expect(isNear('abc', 'cba')).toBe(false);
  expect(isNear('a', 'b')).toBe(true);
  expect(suggestName('a', [])).toBe('');
  expect(suggestName('ab', ['xb', 'ab', 'ax'])).toBe(': did you mean ab?');
});
