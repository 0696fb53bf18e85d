/** What the texts and names of one language are made of. */
export interface Words {
  firstNames: readonly string[];
  lastNames: readonly string[];
  /** Whole messages of a word or two. */
  short: readonly string[];
  /** Sentences; a name in braces stands for one of the lists in `slots`. */
  sentences: readonly string[];
  slots: Readonly<Record<string, readonly string[]>>;
  groups: readonly string[];
  channels: readonly string[];
  organizations: readonly string[];
}

/** Items between bars and line ends. */
export function list(text: string): string[] {
  return text
    .split(/[|\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
