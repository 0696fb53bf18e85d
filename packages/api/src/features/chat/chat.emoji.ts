const emoji = /^\p{RGI_Emoji}$/v;

/** Whether a text is one emoji, as people can choose it. */
export function isEmoji(text: string): boolean {
  return emoji.test(text);
}
