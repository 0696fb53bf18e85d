/**
 * The ends of names that make a word a link for the apps that people use. A scheme or `www.` does so
 * with every name.
 */
const ends =
  'com|net|org|info|biz|ir|io|me|co|cc|ly|gg|tv|to|app|dev|xyz|shop|store|site|online|link|club|live|top|vip|ru|tr|ae|af|iq|ایران';
const link = new RegExp(
  String.raw`\p{L}[\p{L}\p{N}+.-]*://\S|\bwww\.\S|[\p{L}\p{N}-]\.(?:${ends})(?![\p{L}\p{N}-])`,
  'iu',
);
const hidden = /\p{Cf}/gu;

/** Whether a text leads somewhere else, also in letters of full width or with characters that nobody sees. */
export function hasLink(text: string): boolean {
  return link.test(text.normalize('NFKC').replaceAll(hidden, ''));
}
