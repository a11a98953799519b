/** Makes fruit.csv: fruit that nobody has ever weighed, from a seed. */
import { writeFileSync } from 'node:fs';
import { Random } from 'edge-mlp';

/** Mass in grams, diameter and length in millimetres, sugar in percent; each with its spread. */
const KINDS = {
  apple: [180, 40, 75, 8, 70, 7, 10.5, 1.2],
  lemon: [110, 25, 58, 6, 78, 9, 2.5, 0.6],
  'pear, soft': [190, 35, 68, 6, 98, 11, 10, 1.4],
  plum: [65, 14, 46, 5, 50, 6, 11, 1.6],
};

const random = new Random(7, 'generation');
/** The sum of twelve uniform numbers is close to normal. */
const about = (mean, spread) =>
  mean + spread * (Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b) - 6);

const rows = Array.from({ length: 400 }, (_, n) => {
  const [kind, [mass, massSpread, width, widthSpread, length, lengthSpread, sugar, sugarSpread]] =
    Object.entries(KINDS)[n % 4];
  const values = [about(mass, massSpread), about(width, widthSpread), about(length, lengthSpread)];
  return [
    ...values.map((value) => value.toFixed(0)),
    about(sugar, sugarSpread).toFixed(1),
    JSON.stringify(kind),
  ].join();
});
writeFileSync('fruit.csv', `${['mass', 'diameter', 'length', 'sugar', 'kind'].join()}\n${rows.join('\n')}\n`);
