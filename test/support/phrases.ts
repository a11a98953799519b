/** Phrases that texts of this repository avoid, and names that its code avoids. CONTRIBUTING.md has the rules of style. */

export interface Phrase {
  readonly pattern: RegExp;
  /** The reason, or what to write in its place. */
  readonly instead: string;
  /** Texts that it refuses. */
  readonly refused: readonly string[];
  /** Similar texts that it accepts. */
  readonly accepted?: readonly string[];
}

const OPENS = String.raw`(?:^\s*|[.!?:;]\s+(?:[*_]\s*)?)`;

/** In comments, texts and documents. Words may be separated by a line break. */
export const PHRASES: readonly Phrase[] = [
  // Sentences that do not start with their subject.
  phrase(
    `${OPENS}What\\b(?![^.?]*\\?)`,
    'start with the subject: "Sets that are not found locally are downloaded"',
    ['What is nowhere is downloaded.'],
    ['What is an epoch?', 'It prints what it reads.'],
  ),
  phrase(
    `${OPENS}Of\\s+(?!course)`,
    'start with the subject',
    ['Of two writers one wins.'],
    ['One of two writers wins.'],
  ),
  phrase(
    `${OPENS}Where\\b(?![^.?]*\\?)`,
    'start with the subject, or with "If"',
    ['Where there is none, it fails.'],
    ['It fails where a row ends.'],
  ),
  phrase(String.raw`\bwhoever\b`, 'name the actor: the user, the caller, the client', ['Whoever cancels wins.']),

  // Actors without a name.
  phrase(String.raw`\b(nobody|somebody|someone|anybody|anyone|everybody|no one)\b`, 'name the actor', [
    'nobody asks',
    "somebody else's",
  ]),
  phrase(String.raw`\bstrangers?\b`, 'name the actor: a new user, another project', ['typed by a stranger']),
  phrase(
    String.raw`\bof\s+(ours|yours|theirs|mine|others)\b|\bof\s+the\s+user['’]s\b`,
    'name the owner: our files, the files of other projects',
    ['files of others', 'a folder of yours'],
  ),
  phrase(
    String.raw`\b(hears?|heard|owes?|overrule[sd]?|overruling)\b`,
    'software has no feelings: receives, is pending, replaces',
    ['what each row owes'],
  ),
  phrase(String.raw`\bknows?\s+of\b`, 'software has no feelings: reads, is given, stores', ['the service knows of it']),
  phrase(String.raw`\bsees?\s+to\b`, 'checks, handles', ['typedoc sees to the rest']),

  // Fillers.
  phrase(
    String.raw`,\s+too\b(?!\s+(?:\w+\s+)?(?:many|much|few|little|large|small|long|short|big|far|slow))`,
    'also, or nothing',
    ['It is stored, too.'],
    ['The file is too large.', 'Files, too many for one call, fail.'],
  ),
  phrase(String.raw`\bvery\b`, 'drop it', ['very large']),
  phrase(String.raw`\balone\b`, 'only, or drop it', ['for tests alone'], ['standalone']),
  phrase(
    String.raw`\bas\s+(it|they)\s+(is|are|was|were|stands?|stood)\b(?!\s+(?:\w+(?:ed|en|wn|ad|ng)|made|sent|built)\b)`,
    'unchanged; or drop it',
    ['taken as it is', 'numbers as they are'],
  ),
  phrase(
    String.raw`\bin\s+all\b(?=\s*(?:[.,;:)"'_]|$))`,
    'total',
    ['3 s in all.', 'of which 9 in all'],
    ['in all runs'],
  ),
  phrase(
    String.raw`\bof\s+(one['’]s|its|their|his|her|our|my|your)\s+own\b`,
    'its own X, or a separate X',
    ['a memory of its own'],
    ['its own memory'],
  ),
  phrase(String.raw`\bby\s+(itself|themselves)\b`, 'automatically; or drop it', ['it starts by itself']),
  phrase(String.raw`\b(for|of)\s+itself\b`, 'drop it', ['says nothing of itself']),
  phrase(String.raw`\bso\s+many\b`, 'repeat the number or the noun', ['so many of them']),
  phrase(String.raw`\bhowever\s+often\b`, 'any number of', ['however often it is called']),
  phrase(String.raw`\ball\s+else\b`, 'everything else; better: the list', ['all else is kept']),

  // Private dialect with a plain equivalent.
  phrase(String.raw`\bto\s+the\s+(very\s+)?(last\s+)?bits?\b(?!\s*(?:mask|plane|set|width|map))`, 'bit-identical', [
    'equal to the last bit',
    'to the bits of one',
  ]),
  phrase(String.raw`\bto\s+(the|their|its|those)\s+(same\s+)?bytes\s+of\b`, 'byte-identical to', [
    'to the bytes of train',
  ]),
  phrase(String.raw`\bh[eo]ld(s|ing)?\s+(it\s+|them\s+|every\s+\w+\s+)?to\b`, 'compare with, limit', [
    'held to the reference',
    'holds every address to its rate',
  ]),
  phrase(String.raw`\b(comes?|came|coming)\s+to\b`, 'results in, equals, reaches', ['comes to the same weights']),
  phrase(String.raw`\b(comes?|came)\s+of\b`, 'results from', ['what came of it']),
  phrase(
    String.raw`\b(go|goes|going|gone|went)\s+on\b(?!\s+(?:npm|GitHub))`,
    'continue',
    ['goes on from there'],
    ['It goes onto the stack.'],
  ),
  phrase(String.raw`\b(go|goes|going|gone|went)\s+away\b`, 'is removed, is deleted, disconnects', [
    'goes away with the test',
  ]),
  phrase(
    String.raw`\btold\b(?!\s+apart)`,
    'passed, reported, printed',
    ['as it was told'],
    ['Two points can be told apart.'],
  ),
  phrase(String.raw`\bsaid\b`, 'printed, reported, documented', ['it is said at the end']),
  phrase(String.raw`\bmend(s|ed|ing)?\b`, 'fix, correct', ['mended by hand'], ['recommended', 'amended']),
  phrase(String.raw`\bbrings?\b|\bbrought\b`, 'load, import, upload, contain', ['models that were brought']),
  phrase(String.raw`\bbeside\b`, 'with, next to, compared with', ['timed beside plain C'], ['besides']),
  phrase(String.raw`\basked\s+for\b`, 'requested', ['as asked for']),
  phrase(
    String.raw`\b(MD5|SHA-?\d+)\s+sums?\b|\bsums?\s+of\s+(the|its|their)\s+(files?|bytes)\b`,
    'checksum',
    ['its MD5 sum'],
    ['sum of the rows'],
  ),
  phrase(
    String.raw`(?<!\bthere\s)\b(is|are|was|were)\s+no\s+(?!longer|more|less|fewer|better|worse|larger|smaller|faster|slower|further|such|different)[a-z]+`,
    'is not a X; or has no X',
    ['the path is no folder'],
    ['There is no folder.', 'It is no longer used.'],
  ),
  phrase(String.raw`(?<!\bif\s+there\s+)\b(is|are|was|were)\s+none\b`, 'does not exist, is missing', [
    'where there is none',
    'a name that is none in C',
  ]),
  phrase(String.raw`\bnone\s+(beside|but)\b`, 'X cannot be combined with Y', ['expected none beside it']),
  phrase(String.raw`\b(is|are|was|were)\s+made\s+of\b`, 'consists of, is built from', ['a run is made of options']),
  phrase(String.raw`\blikewise\b`, 'also, the same', ['computes likewise']),
  phrase(String.raw`\banew\b`, 'again', ['computed anew']),
  phrase(String.raw`\b(nothing|none|all|everything|anything|every\s+\w+)\s+but\b|\bbut\s+(for|one)\b`, 'only, except', [
    'nothing but the header',
    'equal but for times',
  ]),
  phrase(String.raw`\bfor\s+want\s+of\b`, 'without', ['for want of space']),
  phrase(String.raw`\b(to|can|cannot|could)\s+be\s+had\b`, 'is available', ['where it cannot be had']),
  phrase(String.raw`\bby\s+the\s+names?\s+of\b`, 'that names, with the name', ['refused by the name of its node']),
  phrase(
    String.raw`\bpull\s+(of|to)\b|\b(at|by)\s+every\s+sight\b|\bthe\s+hand\b`,
    'weight decay, epoch, handwriting',
    ['pull of the parameters to zero', 'the hand that writes'],
  ),
  phrase(String.raw`\bbetween\s+two\s+thoughts\b`, 'stale in memory', ['interrupted between two thoughts']),
  phrase(
    String.raw`\b(two\s+thirds|three\s+quarters|a\s+(fifth|sixth|seventh|eighth|ninth|tenth|twelfth|fourteenth|twentieth|hundredth|thousandth)\s+of)\b`,
    'digits and a unit',
    ['a fourteenth of the time'],
    ['a third of them'],
  ),
  phrase(String.raw`\b(thereof|whereof|wherein|thereby|whence|thither|hither|wherewith)\b`, 'plain words', [
    'the kernels thereof',
  ]),
  phrase(
    String.raw`\b(formatNats|formatCount|checkAgrees)\b`,
    'text changed by a renaming: write nats, numbered, agrees',
    ['in formatNats'],
  ),
];

/** In code. */
export const NAMES: readonly Phrase[] = [
  phrase(
    String.raw`\b(?!(?:last)?[iI]ndexOf|valueOf|isPrototypeOf|(?:get|set)PrototypeOf|instanceOf|expectTypeOf|(?:one|any|all)Of|to[A-Z])[a-z]\w*Of\b`,
    'functions are verbs: readX, computeX, findX',
    ['function bytesOf(', 'const infoOf ='],
    ['indexOf', 'Array.of'],
    'g',
  ),
  phrase(
    String.raw`\bfunction\s+((?!need|feed|embed|speed|seed)[a-z]+ed|shown|found|made|told|given|taken|known|seen|held|drawn|sent|written|chosen|kept|grown|wrong|sought|meant|lost|built|begun|done|gone)\s*[(<]`,
    'functions are verbs, not bare participles',
    ['function agreed(', 'function shown<T>('],
    ['function finishedJob(', 'function embed('],
    'g',
  ),
  phrase(String.raw`%\.\d+s`, 'name each case of a table', ["it.each(rows)('%.30s'"], ["'%s'"], 'g'),
];

function phrase(
  source: string,
  instead: string,
  refused: readonly string[],
  accepted: readonly string[] = [],
  flags = 'gi',
): Phrase {
  const isOpener = source.startsWith(OPENS);
  return { pattern: new RegExp(source, isOpener ? 'g' : flags), instead, refused, accepted };
}
