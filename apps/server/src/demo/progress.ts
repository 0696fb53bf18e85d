const barCells = 30;
const second = 1_000;
const lineEveryMs = 5_000;
const drawEveryMs = 200;

/** Where progress is shown. */
export interface Screen {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** A bar on a terminal; elsewhere a line every few seconds. */
export class Progress {
  readonly #screen: Screen;
  readonly #total: number;
  readonly #of: string;
  readonly #startedMs = performance.now();
  /** What was there when this run began. */
  #before: number | null = null;
  #saidMs = 0;

  /** @param of what is counted */
  constructor(screen: Screen, total: number, of: string) {
    this.#screen = screen;
    this.#total = total;
    this.#of = of;
  }

  /** Says how much there is now. */
  reach(done: number): void {
    this.#before ??= done;
    const now = performance.now();
    const isEnd = done >= this.#total;
    const every = this.#screen.isTTY ? drawEveryMs : lineEveryMs;
    if (!isEnd && this.#saidMs !== 0 && now - this.#saidMs < every) {
      return;
    }
    this.#saidMs = now;
    const rate = ((done - this.#before) / Math.max(1, now - this.#startedMs)) * second;
    const text = describe({ done, total: this.#total, of: this.#of }, rate);
    this.#screen.write(
      this.#screen.isTTY
        ? `\r${bar(done / this.#total)} ${text}\u001b[K${isEnd ? '\n' : ''}`
        : `${text}\n`,
    );
  }
}

/** @param rate in a second */
export function describe(
  { done, total, of }: { done: number; total: number; of: string },
  rate: number,
): string {
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const left = rate > 0 ? `, ${sayTime((total - done) / rate)} left` : '';
  const percent = Math.floor((done / total) * 100);
  return `${percent} %, ${number(done)} of ${number(total)} ${of}, ${number(rate)} a second${left}`;
}

function sayTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 120 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}

function bar(part: number): string {
  const full = Math.round(part * barCells);
  return `[${'#'.repeat(full)}${'.'.repeat(barCells - full)}]`;
}
