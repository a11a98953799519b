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
