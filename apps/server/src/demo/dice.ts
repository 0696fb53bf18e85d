const twoTo32 = 4_294_967_296;
const warmUps = 12;

/**
 * Chances that come out the same for the same key: what is made of one thing does not depend on what was
 * made before, nor on where an earlier run has stopped. The generator is sfc32 by Chris Doty-Humphrey.
 */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(...key: readonly (string | number)[]) {
    const text = key.join('\u0000');
    this.#a = hash(text, 0x9e37_79b9);
    this.#b = hash(text, 0x243f_6a88);
    this.#c = hash(text, 0xb7e1_5162);
    for (let i = 0; i < warmUps; i += 1) {
      this.#draw();
    }
  }

  /** From 0 on, below 1. */
  roll(): number {
    return this.#draw() / twoTo32;
  }

  /** A whole number from 0 on. */
  below(end: number): number {
    return Math.floor(this.roll() * end);
  }

  chance(part: number): boolean {
    return this.roll() < part;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) {
      throw new Error('there is nothing to choose from');
    }
    return item;
  }

  /** A UUIDv7 of an instant (RFC 9562, section 5.7). */
  id(ms: number): string {
    const time = ms.toString(16).padStart(12, '0');
    const a = hex(this.#draw() & 0xfff, 3);
    const b = hex((this.#draw() & 0x3fff) | 0x8000, 4);
    const tail = hex(this.#draw(), 8) + hex(this.#draw() & 0xffff, 4);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${b}-${tail}`;
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** FNV-1a over UTF-16 code units, begun at `start`. */
function hash(text: string, start: number): number {
  let value = start;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x0100_0193);
  }
  return value >>> 0;
}
