/** Ways in which one part of a query may stand in a text: all patterns of any of them. */
export type SearchPart = readonly (readonly string[])[];

/** From so many characters on a word is looked for inside of others, too. */
const shortestInside = 3;

/** Between the two readings of a text. */
const lineEnd = '\u0002';

const isUnseen = (word: string): boolean => /^[\p{Z}\p{C}\p{Mn}]*$/u.test(word);
const isPunctuation = (word: string): boolean => /^[\p{P}\p{Sm}\p{Sc}\p{Sk}]+$/u.test(word);

/**
 * Reads a query whose parts have been made alike with what is searched: each into words with a space around,
 * and into a second line where a half-space can be read in two ways. All parts have to be in a text. A short
 * word has to stand alone, the last one may also begin another word, and a longer one may be anywhere.
 * Punctuation counts only where there is nothing else.
 *
 * @param parts as `chat_search_body` of the database writes them
 * @returns patterns of `like`; none for a query of nothing that can be seen
 */
export function readQuery(parts: readonly string[]): SearchPart[] {
  const read = parts.map((part) => part.split(lineEnd).map(wordsOf));
  const hasWords = read.flat(2).some((word) => !isPunctuation(word));
  const kept = read
    .map((lines) => lines.map((words) => words.filter((word) => !hasWords || !isPunctuation(word))))
    .map((lines) => lines.filter((words) => words.length > 0))
    .filter((lines) => lines.length > 0);
  return kept.map((lines, n) => {
    const isLast = n === kept.length - 1;
    return lines.map((words) =>
      words.map((word, place) => patternOf(word, isLast && place === words.length - 1)),
    );
  });
}

function wordsOf(line: string): string[] {
  return line.split(' ').filter((word) => !isUnseen(word));
}

function patternOf(word: string, isLast: boolean): string {
  const literal = word.replaceAll(/[\\%_]/g, String.raw`\$&`);
  if (Array.from(word).length >= shortestInside) {
    return `%${literal}%`;
  }
  return isLast ? `% ${literal}%` : `% ${literal} %`;
}
