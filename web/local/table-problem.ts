/** Errors of tables for the page: the library names options of the command, the page has fields. */

const FIELDS: readonly (readonly [option: RegExp, field: string])[] = [
  [/use --label (?:'(.*?)'|(\S+))/, 'choose $1$2 as the column to predict'],
  [
    /predict the number with --task regression, or name ([\d,]+) classes with --task classification/,
    'predict a number, or confirm that it has $1 classes',
  ],
  [/drop the rows with --missing drop(?:, or fill the cells with .*)?$/, 'choose below what happens to missing cells'],
  [/drop (?:the column|it) with --ignore (?:'(?:[^']|'\\'')*'|\S+)?/, 'leave the column out below'],
  [/drop (?:them|columns) with --ignore.*$/, 'leave columns out below'],
  [/use --no-header if .* or --header if .*$/, 'choose below whether the first line has names'],
  [/use --decimal ","/, 'choose the decimal comma below'],
  [/leave out --decimal ","/, 'choose the decimal point below'],
  [/use --encoding latin1, or save the file in UTF-8/, 'choose another encoding below'],
  [/use --encoding (\S+)/, 'choose the encoding $1 below'],
  [/,? ?(?:or )?read it as categories with --categories (?:'.*?'|\S+),?/, ','],
  [/raise the limit with --max-categories, or /, ''],
  [/: name the character between two cells with --delimiter/, ': separate cells by commas, semicolons or tabs'],
  [/, and use --no-header/, ''],
];

/** The message without the name of the file, which the page shows. */
export function describeTableProblem(message: string, file = ''): string {
  const text = message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
  return FIELDS.reduce((result, [option, field]) => result.replace(option, field), text);
}

/** Why columns were left out, without the proposal to leave them out. */
export function describeLeftOut(message: string, file: string): string {
  return describeTableProblem(message, file).replace(/(?:[:,]| or)? leave (?:the column|columns) out below$/, '');
}
