/** Writes fruit.csv: 400 generated fruits in four classes, from a fixed seed. */
import { writeFileSync } from 'node:fs';
import { Random } from 'edge-mlp';

/** Mean and spread of mass (g), diameter (mm), length (mm) and sugar (%). */
const KINDS = {
  apple: [180, 40, 75, 8, 70, 7, 10.5, 1.2],
  lemon: [110, 25, 58, 6, 78, 9, 2.5, 0.6],
  'pear, soft': [190, 35, 68, 6, 98, 11, 10, 1.4],
  plum: [65, 14, 46, 5, 50, 6, 11, 1.6],
};

const random = new Random(7, 'generation');
/** An approximately normal number: the sum of twelve uniform ones has variance 1. */
const sampleNormal = (mean, spread) =>
  mean + spread * (Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b) - 6);

const rows = Array.from({ length: 400 }, (_, n) => {
  const [kind, [mass, massSpread, width, widthSpread, length, lengthSpread, sugar, sugarSpread]] =
    Object.entries(KINDS)[n % 4];
  const values = [sampleNormal(mass, massSpread), sampleNormal(width, widthSpread), sampleNormal(length, lengthSpread)];
  return [
    ...values.map((value) => value.toFixed(0)),
    sampleNormal(sugar, sugarSpread).toFixed(1),
    JSON.stringify(kind),
  ].join();
});
writeFileSync('fruit.csv', `${['mass', 'diameter', 'length', 'sugar', 'kind'].join()}\n${rows.join('\n')}\n`);
